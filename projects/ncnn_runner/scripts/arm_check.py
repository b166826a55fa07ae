"""Compare the runner on 64-bit ARM, emulated, with x86 and with Python.

Builds the runner for this machine and for aarch64, and runs both on the same
images: those of coco_mini where SASD_DATA_ROOT has it, drawn people
otherwise. The emulator plays several processors, since ncnn chooses its code by
what a processor can. What is compared and how far they differ goes into
results/deploy/arm_check.json. An emulator says nothing about speed.

Without --model, an XS net with random weights is exported: what it finds are no
people, all of them about equally likely, which serves to compare processors and
less to compare with Python. Of fp16 models, computing in 16 bits is compared,
too; it is not expected to give the same people.
"""
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from build_runner import build_runner, load_build_ncnn

from sasd_mmpose import PoseEstimator
from sasd_mmpose.errors import install_excepthook
from sasd_mmpose.images import read_image
from sasd_mmpose.inference.model_description import ModelDescription

ROOT = Path(__file__).resolve().parents[3]
RESULT = ROOT / 'results' / 'deploy' / 'arm_check.json'
# Boards with these: Raspberry Pi 3, 5, and whatever QEMU can.
PROCESSORS = ('cortex-a53', 'cortex-a76', 'max')
SYSROOT = '/usr/aarch64-linux-gnu'
# The oldest of them that can compute in 16 bits.
FP16_PROCESSOR = 'cortex-a76'
# Persons further apart than this, in pixels of the image, are not the same.
TOLERANCE = 0.5


class Difference(NamedTuple):
    """How far the persons of two programs differ, over all images.

    Attributes:
        people (int): Persons that the first found.
        other_people (int): Persons that the second found.
        pixels (float): Largest difference of a coordinate of keypoints and
            boxes, in pixels of the image.
        mean_pixels (float): Mean of these differences.
        score (float): Largest difference of a score.
    """
    people: int
    other_people: int
    pixels: float
    mean_pixels: float
    score: float

    @property
    def is_rounding(self) -> bool:
        """Whether both found the same people."""
        return self.people == self.other_people and self.pixels <= TOLERANCE


def coordinates(person: dict) -> np.ndarray:
    """Return x and y of all keypoints, then the corners of the box."""
    points = np.reshape(person['keypoints'], (-1, 3))[:, :2]
    x, y, width, height = person['bbox']
    return np.concatenate([points.ravel(), (x, y, x + width, y + height)])


def compare(persons: Iterable[dict], others: Iterable[dict]) -> Difference:
    """Compare entries of COCO's results, each with the nearest of the other.

    Args:
        persons (Iterable[dict]): What one program found.
        others (Iterable[dict]): What another found in the same images.
    """
    persons, remaining = list(persons), list(others)
    total = len(remaining)
    distances, scores = [], []
    for person in persons:
        there = [p for p in remaining if p['image_id'] == person['image_id']]
        if not there:
            continue
        apart = [np.abs(coordinates(person) - coordinates(p)) for p in there]
        nearest = int(np.argmin([a.max() for a in apart]))
        distances.extend(apart[nearest])
        scores.append(abs(person['score'] - there[nearest]['score']))
        remaining.remove(there[nearest])
    if not scores:
        raise SystemExit('error: no people to compare; lower --score-thr')
    return Difference(len(persons), total, round(max(distances), 4),
                      round(float(np.mean(distances)), 5), round(max(scores), 5))


def run_program(command: Sequence[object], model: Path, images: Sequence[Path],
                score_thr: float | None) -> list[dict]:
    """Run the runner, perhaps in an emulator; returns what it found."""
    with tempfile.TemporaryDirectory() as out:
        arguments = [*command, model, *images, '--out', out, '--threads', 1]
        if score_thr is not None:
            arguments += ['--score-thr', score_thr]
        done = subprocess.run([str(a) for a in arguments], text=True, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise SystemExit(f'error: {" ".join(map(str, command))}: '
                             f'{done.stderr.strip()}')
        return json.loads(Path(out, 'predictions.json').read_text())


def run_python(model: Path, images: Sequence[Path],
               score_thr: float | None) -> list[dict]:
    """Run the estimator of the Python package on the same."""
    estimator = PoseEstimator(model, score_thr=score_thr)
    return [
        dict(image_id=int(image.stem), **person.to_coco())
        for image in images for person in estimator(image)
    ]


def find_images(number: int, folder: Path) -> tuple[list[Path], str]:
    """Get images whose names are numbers, and say where they come from."""
    data_root = os.environ.get('SASD_DATA_ROOT')
    data_set = Path(data_root or '') / 'coco_mini'
    annotations = data_set / 'annotations' / 'person_keypoints_val.json'
    if data_root and annotations.is_file():
        images = json.loads(annotations.read_text())['images']
        names = sorted(image['file_name'] for image in images)[:number]
        found = [data_set / 'images' / name for name in names]
        return found, 'coco_mini, val'
    from projects.synthetic_people import SyntheticPeople
    drawn = SyntheticPeople(num_images=number, image_size=(640, 480))
    drawn.export(folder)
    return sorted((folder / 'images').iterdir()), 'SyntheticPeople, seed 0'


def as_png(images: Sequence[Path], folder: Path) -> list[Path]:
    """Copy images into a format that every library decodes alike."""
    copies = [folder / f'{image.stem}.png' for image in images]
    for image, copy in zip(images, copies):
        cv2.imwrite(str(copy), read_image(image))
    return copies


def export_random(folder: Path, image: Path) -> Path:
    """Export XS with random weights, at a size that an emulator runs in seconds."""
    import torch
    from mmengine.registry import init_default_scope
    from mmpose.registry import MODELS

    from sasd_mmpose.deploy.export import export_model
    from sasd_mmpose.engine.config import load_config
    from sasd_mmpose.models.deployed import deployed_cfg
    config = ROOT / 'configs' / 'sasd_xs_coco_mini.py'
    init_default_scope('mmpose')
    torch.manual_seed(0)
    net = MODELS.build(deployed_cfg(load_config(config).model))
    for name, weight in net.named_parameters():
        if name.endswith('.out.weight'):
            torch.nn.init.normal_(weight, std=0.2)
    checkpoint = folder / 'random.pth'
    torch.save(dict(state_dict=net.state_dict(), meta={}), checkpoint)
    export_model(ROOT / 'configs/deploy/pose_ncnn_static.py', config, checkpoint,
                 image, folder / 'random')
    return folder / 'random'


def check_model(model: Path, images: Sequence[Path], copies: Sequence[Path],
                score_thr: float | None, native: Path, arm: Path
                ) -> tuple[dict, bool]:
    """Compare all programs on one model.

    Returns:
        tuple[dict, bool]: What goes into the record, and whether the emulated
        program found the same people as the native one.
    """
    description = ModelDescription.read(model)
    x86 = run_program([native], model, images, score_thr)
    record = dict(
        name=description.name, precision=description.precision,
        source=description.source, input=[description.input.width,
                                          description.input.height],
        score_thr=score_thr or description.thresholds.score)

    def emulated(processor: str, *options: str) -> Difference:
        emulator = ['qemu-aarch64-static', '-cpu', processor, '-L', SYSROOT]
        return compare(x86, run_program(
            [*emulator, arm, *options], model, images, score_thr))

    same = True
    for processor in PROCESSORS:
        found = emulated(processor)
        same &= found.is_rounding
        record[f'native vs emulated {processor}'] = found._asdict()
        print(f'{description.name} {description.precision}, {processor}: '
              f'{found.people} and {found.other_people} people, at most '
              f'{found.pixels} px apart', flush=True)
    if description.precision == 'fp16':
        record[f'native vs emulated {FP16_PROCESSOR}, computing in 16 bits'] = (
            emulated(FP16_PROCESSOR, '--fp16-arithmetic')._asdict())
    by_python = run_python(model, copies, score_thr)
    record['native vs Python, same pixels'] = compare(
        run_program([native], model, copies, score_thr), by_python)._asdict()
    record['native vs Python, JPEG decoded by each'] = compare(
        x86, run_python(model, images, score_thr))._asdict()
    return record, same


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', type=Path, action='append', default=[],
                        help='model folder for ncnn; may be repeated')
    parser.add_argument('--score-thr', type=float,
                        help="instead of the model's threshold")
    parser.add_argument('--images', type=int, default=5, help='how many')
    parser.add_argument('--result', type=Path, default=RESULT,
                        help='file to write')
    return parser.parse_args()


def main() -> int:
    """Check, write the record, and return the exit status."""
    args = parse_args()
    native, arm = build_runner(), build_runner('aarch64')
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        images, source = find_images(args.images, folder)
        copies = as_png(images, folder)
        models = args.model or [export_random(folder, images[0])]
        checks = [
            check_model(model, images, copies, args.score_thr, native, arm)
            for model in models
        ]
    record = dict(
        emulated=True,
        emulator=subprocess.run(['qemu-aarch64-static', '--version'], text=True,
                                capture_output=True, check=True
                                ).stdout.partition('\n')[0],
        ncnn=load_build_ncnn().VERSION,
        native=os.uname().machine,
        images=dict(source=source, names=[p.name for p in images]),
        tolerance_px=TOLERANCE,
        same_people=all(same for _, same in checks),
        models=[found for found, _ in checks])
    args.result.parent.mkdir(parents=True, exist_ok=True)
    args.result.write_text(json.dumps(record, indent=1) + '\n')
    print(f'{args.result}: '
          f'{"the same people" if record["same_people"] else "NOT the same people"}')
    return 0 if record['same_people'] else 1


if __name__ == '__main__':
    install_excepthook()
    sys.exit(main())
