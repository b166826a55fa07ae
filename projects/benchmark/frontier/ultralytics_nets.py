"""Nets of the package ultralytics, untrained: what they cost.

The package (AGPL-3.0) stays in an environment of its own, whose Python exports
the nets; see ``export_ultralytics.py``. Decoding is this project's.
"""
from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sasd_mmpose.errors import InputError
from sasd_mmpose.inference.decoding import nms
from sasd_mmpose.inference.letterbox import Letterbox, Placement
from sasd_mmpose.inference.model_description import MODEL_FILES, InputSpec
from sasd_mmpose.inference.person import Person

from ..images import LabelledImage
from ..planting import plant_decoded
from ..runtimes import MADE_FOR
from ..timing import Pipeline
from .case import Case, Ready, Setting
from .peer_nets import open_peer

SETTING = 'SASD_ULTRALYTICS_PYTHON'
EXPORTER = Path(__file__).with_name('export_ultralytics.py')
NETS = ('yolo26n-pose', 'yolo11n-pose', 'yolov8n-pose')
SIZES = (256, 320, 352, 384, 512, 640)
WEIGHTS = 'untrained, for speed'
SCORE_THR = 0.25
NMS_IOU = 0.7
MAX_PEOPLE = 300
# Names of input and output by what the files are made for.
BLOBS = dict(onnxruntime=('images', 'output0'), ncnn=('in0', 'out0'))


def cases(sizes: Sequence[int] = SIZES) -> list[Case]:
    """List what takes part."""
    return [Case(net, runtime, size)
            for net in NETS for size in sizes for runtime in MADE_FOR]


class YoloStages:
    """What surrounds such a net.

    Args:
        spec (InputSpec): Its input.
    """

    def __init__(self, spec: InputSpec) -> None:
        self.preprocess = Letterbox(spec, (spec.width, spec.height))

    def decode(self, maps: Sequence[np.ndarray], place: Placement) -> list[Person]:
        """Find the people.

        Args:
            maps (Sequence[np.ndarray]): One of shape (5 + 3 K, cells): centre,
                width and height of the box, score, then x, y and score of each
                keypoint; all decoded, in pixels of the network input.
            place (Placement): Where the image lies in it.
        """
        raw, = maps
        cells = np.flatnonzero(raw[4] > SCORE_THR)
        cells = cells[np.argsort(-raw[4, cells], kind='stable')]
        found = raw[:, cells].T
        center, half = found[:, :2], found[:, 2:4] / 2
        boxes = np.concatenate([center - half, center + half], axis=1)
        kept = nms(boxes, NMS_IOU, MAX_PEOPLE)
        boxes, found = boxes[kept], found[kept]
        boxes = place.to_image(boxes.reshape(-1, 2, 2)).reshape(-1, 4)
        points = found[:, 5:].reshape(len(found), (len(raw) - 5) // 3, 3)
        return [
            Person(box, float(score), keypoints, keypoint_scores)
            for box, score, keypoints, keypoint_scores in zip(
                boxes, found[:, 4], place.to_image(points[..., :2]),
                points[..., 2])
        ]


class Ultralytics:
    """Makes such nets ready.

    Args:
        python (str | None): A Python that has ultralytics; None for the one that
            the environment variable ``SASD_ULTRALYTICS_PYTHON`` names.
        images (Sequence[LabelledImage]): Whose people are planted.
    """

    def __init__(self, python: str | None, images: Sequence[LabelledImage]) -> None:
        self.python = python or os.environ.get(SETTING)
        self.images = images
        self.version: str | None = None

    def __call__(self, case: Case, setting: Setting) -> Ready:
        """Export a case, unless that was done before, and load it.

        Raises:
            InputError: There is no such Python, or the export fails.
        """
        folder = setting.cache / f'{case.net}-{case.size}'
        if not (folder / 'about.json').is_file():
            self._export(case, folder)
        self.version = json.loads((folder / 'about.json').read_text())['version']
        made_for = MADE_FOR[case.runtime]
        name, output = BLOBS[made_for]
        spec = InputSpec(
            name=name, width=case.size, height=case.size, dynamic=False,
            divisor=32, color='rgb', mean=(0, 0, 0), std=(255, 255, 255),
            pad_value=114)
        net = open_peer([folder / file for file in MODEL_FILES[made_for]], spec,
                        [output], case.runtime, setting.threads)
        stages = YoloStages(spec)
        blob, _ = stages.preprocess(self.images[0].image)
        shape, = (np.shape(raw) for raw in net(blob))
        planted = []
        for sample in self.images:
            _, place = stages.preprocess(sample.image)
            planted.append([plant_decoded(shape, sample.labels.in_input(place))])
        return Ready(Pipeline(stages, net, planted), None, WEIGHTS)

    def _export(self, case: Case, folder: Path) -> None:
        """Export in a process of its own.

        Raises:
            InputError: See :meth:`__call__`.
        """
        if not self.python:
            raise InputError(f'ultralytics: not installed; set {SETTING} to a '
                             'Python that has it (projects/benchmark/README.md)')
        folder.mkdir(parents=True, exist_ok=True)
        env = {key: value for key, value in os.environ.items()
               if key != 'PYTHONPATH'}
        env.update(YOLO_OFFLINE='true', YOLO_CONFIG_DIR=str(folder))
        try:
            done = subprocess.run(
                [self.python, EXPORTER.resolve(), case.net, str(case.size),
                 folder.resolve()], cwd=folder, env=env, capture_output=True,
                text=True, errors='replace')
        except OSError as error:
            raise InputError(f'{self.python}: cannot be run ({error.strerror}); set '
                             f'{SETTING} to a Python that has ultralytics') from error
        if done.returncode:
            last = done.stderr.strip().rpartition('\n')[2]
            raise InputError(f'{case.net} at {case.size}: ultralytics cannot '
                             f'export it ({last})')
