"""Write golden.npz: what the XS net with lively weights makes of a drawn image.

    PYTHONPATH=. python tests/make_golden.py

The image, torch's raw maps (every ``STEP``-th value) and persons. The tests
compare torch, ncnn, ONNX Runtime and OpenVINO with it.
"""
from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

# ruff: noqa: E402
import sasd_mmpose.registration  # noqa: F401, I001
from lively import write_lively
from small_nets import CONFIGS

from sasd_mmpose.inference.runtimes.pytorch import TorchRuntime
from projects.synthetic_people import SyntheticPeople

GOLDEN = HERE / 'golden.npz'
CONFIG = 'sasd_xs_coco_mini'
SIZE = 192
STEP = 7


def draw_image() -> np.ndarray:
    """Draw people: (150, 200, 3), BGR, uint8."""
    data_set = SyntheticPeople(
        num_images=1, image_size=(200, 150), max_people=3, seed=3,
        metainfo=dict(from_file='configs/_base_/datasets/coco.py'))
    return data_set.get_data_info(0)['img']


def golden_checkpoint(path: Path, image: np.ndarray) -> Path:
    """Write the weights that belong to the golden outputs."""
    return write_lively(CONFIG, path, image)


def main() -> None:
    """Write the file."""
    image = draw_image()
    with tempfile.TemporaryDirectory() as folder:
        runtime = TorchRuntime(
            CONFIGS / f'{CONFIG}.py',
            golden_checkpoint(Path(folder, 'golden.pth'), image), 'cpu', SIZE)
    persons, = runtime.find_persons([image])
    maps = runtime.net(runtime.preprocess(image)[0])
    np.savez_compressed(
        GOLDEN,
        image=image,
        boxes=np.float32([person.box for person in persons]),
        scores=np.float32([person.score for person in persons]),
        keypoints=np.float32([person.keypoints for person in persons]),
        keypoint_scores=np.float32([p.keypoint_scores for p in persons]),
        **{f'out{i}': level.ravel()[::STEP]
           for i, level in enumerate(maps)})
    print(f'{GOLDEN}: {len(persons)} persons, {GOLDEN.stat().st_size} bytes')


if __name__ == '__main__':
    main()
