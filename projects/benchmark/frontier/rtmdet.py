"""RTMDet-nano: the boxes of people, for nets that look at one at a time."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sasd_mmpose.deploy.pnnx import convert
from sasd_mmpose.inference.decoding import nms, sigmoid
from sasd_mmpose.inference.letterbox import Letterbox, Placement
from sasd_mmpose.inference.model_description import InputSpec

from .peer_nets import open_peer

FILE = 'rtmdet-nano.onnx'
INPUT = InputSpec(
    name='images', width=320, height=320, dynamic=False, divisor=32, color='bgr',
    mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395), pad_value=114)
OUTPUTS = ('1211', '1213', '1215')
STRIDES = (8, 16, 32)
NMS_IOU = 0.6  # MMDetection's for RTMDet
MAX_BOXES = 100


class Boxes(NamedTuple):
    """People that were detected, best first.

    Attributes:
        corners (np.ndarray): (x1, y1, x2, y2), shape (n, 4).
        scores (np.ndarray): In [0, 1], shape (n, ).
    """
    corners: np.ndarray
    scores: np.ndarray


class RTMDet:
    """A detector of people.

    Args:
        file (Path): Its net in ONNX, without post-processing.
        runtime (str): ``'onnxruntime'``, ``'openvino'`` or ``'ncnn'``.
        threads (int): Threads to compute with.
        score_thr (float): Boxes below it are left out.
        cache (Path): Folder that keeps its files for ncnn.

    Raises:
        InputError: The file is missing or cannot be loaded.
    """

    def __init__(self, file: Path, runtime: str, threads: int, score_thr: float,
                 cache: Path) -> None:
        self.score_thr = score_thr
        self.letterbox = Letterbox(INPUT, (INPUT.width, INPUT.height))
        if runtime == 'ncnn':
            self.net = open_peer(
                _for_ncnn(file, cache), replace(INPUT, name='in0'),
                ('out0', 'out1', 'out2'), runtime, threads)
        else:
            self.net = open_peer([file], INPUT, OUTPUTS, runtime, threads)

    def decode(self, maps: Sequence[np.ndarray], place: Placement) -> Boxes:
        """Turn raw maps into boxes.

        Args:
            maps (Sequence[np.ndarray]): Per level, shape (h, w, 5): the logit,
                then distances to left, top, right and bottom in pixels of the
                network input.
            place (Placement): Where the image lies in the input.

        Returns:
            Boxes: In pixels of the image.
        """
        found = [_boxes(level, stride, self.score_thr)
                 for level, stride in zip(maps, STRIDES)]
        corners, scores = map(np.concatenate, zip(*found))
        order = np.argsort(-scores, kind='stable')
        order = order[nms(corners[order], NMS_IOU, MAX_BOXES)]
        corners = place.to_image(corners[order].reshape(-1, 2, 2)).reshape(-1, 4)
        return Boxes(corners, scores[order])


def _boxes(level: np.ndarray, stride: int, score_thr: float
           ) -> tuple[np.ndarray, np.ndarray]:
    """Decode the boxes of a level whose score is high enough."""
    scores = sigmoid(level[..., 0])
    row, column = np.nonzero(scores >= score_thr)
    point = np.stack([column, row], axis=1) * stride
    left_top, right_bottom = np.split(level[row, column, 1:], 2, axis=1)
    return (np.concatenate([point - left_top, point + right_bottom], axis=1),
            scores[row, column])


def _for_ncnn(file: Path, cache: Path) -> list[Path]:
    """Convert the net, unless that was done before."""
    files = [cache / f'{file.stem}.{end}' for end in ('param', 'bin')]
    if file.is_file() and not all(f.is_file() for f in files):
        cache.mkdir(parents=True, exist_ok=True)
        convert(file, *files)
    return files
