"""From raw maps to persons, in numpy: decoding and suppression."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .model_description import ModelDescription, OutputSpec, Thresholds


class Poses(NamedTuple):
    """Poses in pixels of the network input, most certain first.

    Attributes:
        boxes (np.ndarray): Corners (x1, y1, x2, y2), shape (n, 4).
        scores (np.ndarray): In [0, 1], shape (n, ).
        keypoints (np.ndarray): (x, y), shape (n, K, 2).
        keypoint_scores (np.ndarray): In [0, 1], shape (n, K).
    """
    boxes: np.ndarray
    scores: np.ndarray
    keypoints: np.ndarray
    keypoint_scores: np.ndarray


class _Candidates(NamedTuple):
    """Cells that may be persons, of one level or of several.

    Attributes:
        raw (np.ndarray): Raw channels, shape (n, 5 + 3 K).
        cells (np.ndarray): Column and row, shape (n, 2).
        anchors (np.ndarray): Width and height in pixels, shape (n, 2).
        strides (np.ndarray): Pixels per cell, shape (n, 1).
    """
    raw: np.ndarray
    cells: np.ndarray
    anchors: np.ndarray
    strides: np.ndarray


def sigmoid(x: np.ndarray) -> np.ndarray:
    """The logistic function; never overflows."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def nms(boxes: np.ndarray, iou_thr: float, max_kept: int) -> list[int]:
    """Suppress boxes that overlap a better one.

    Args:
        boxes (np.ndarray): Corners, best first, shape (n, 4).
        iou_thr (float): Overlap above which a box is suppressed.
        max_kept (int): Stop at so many.

    Returns:
        list[int]: Indices of the boxes that stay, best first.
    """
    x1, y1, x2, y2 = np.ascontiguousarray(boxes.T)
    areas = (x2 - x1) * (y2 - y1)
    remaining = np.arange(len(boxes))
    kept: list[int] = []
    while len(remaining) and len(kept) < max_kept:
        best, remaining = remaining[0], remaining[1:]
        kept.append(int(best))
        width = np.minimum(x2[best], x2[remaining]) - np.maximum(
            x1[best], x1[remaining])
        height = np.minimum(y2[best], y2[remaining]) - np.maximum(
            y1[best], y1[remaining])
        overlap = np.maximum(width, 0) * np.maximum(height, 0)
        union = areas[best] + areas[remaining] - overlap
        # Not as a quotient: two boxes without area are no duplicates.
        remaining = remaining[overlap <= iou_thr * union]
    return kept


class PoseDecoder:
    """Decodes the raw maps of a net.

    The formulas are those of :class:`YOLOPoseCoder`, the rules those of
    :class:`YOLOPoseHead` without flip test. Only what can be a person by its
    objectness is decoded, and keypoints only of what survives.

    Args:
        description (ModelDescription): The net.
        thresholds (Thresholds): What counts as found.
    """

    def __init__(self, description: ModelDescription, thresholds: Thresholds) -> None:
        self.outputs = description.outputs
        self.num_keypoints = description.num_keypoints
        self.thresholds = thresholds
        # A cheap first cut on the logits, with a margin for rounding; the exact
        # comparison comes after the sigmoid.
        score = min(max(thresholds.score, 1e-9), 1 - 1e-9)
        self.least_logit = np.log(score / (1 - score)) - 1e-3

    def __call__(self, maps: Sequence[np.ndarray]) -> Poses:
        """Decode the maps of one image.

        Args:
            maps (Sequence[np.ndarray]): Per level, float32 of shape
                (A * (5 + 3 K), H, W).

        Returns:
            Poses: Without duplicates.
        """
        levels = [self._candidates(*level) for level in zip(maps, self.outputs)]
        found = _Candidates(*map(np.concatenate, zip(*levels)))
        scores = sigmoid(found.raw[:, 4])
        best = np.argsort(-scores, kind='stable')
        best = best[scores[best] > self.thresholds.score]
        best = best[:self.thresholds.nms_pre]
        boxes = self._boxes(_Candidates(*(part[best] for part in found)))
        kept = nms(boxes, self.thresholds.nms_iou, self.thresholds.max_people)
        best = best[kept]
        return Poses(boxes[kept], scores[best], *self._keypoints(
            _Candidates(*(part[best] for part in found))))

    def _candidates(self, raw_map: np.ndarray, output: OutputSpec) -> _Candidates:
        """Pick the cells of a level whose objectness is high enough."""
        anchors = np.array(output.anchors, np.float32)
        raw = raw_map.reshape(len(anchors), -1, *raw_map.shape[1:])
        anchor, row, column = np.nonzero(raw[:, 4] > self.least_logit)
        return _Candidates(
            raw=raw[anchor, :, row, column],
            cells=np.stack([column, row], axis=1).astype(np.float32),
            anchors=anchors[anchor],
            strides=np.full((len(anchor), 1), output.stride, np.float32))

    @staticmethod
    def _boxes(found: _Candidates) -> np.ndarray:
        """Decode boxes: corners in pixels, shape (n, 4)."""
        box = sigmoid(found.raw[:, :4]) * 2
        center = (box[:, :2] - 0.5 + found.cells) * found.strides
        half = box[:, 2:]**2 * found.anchors / 2
        return np.concatenate([center - half, center + half], axis=1)

    def _keypoints(self, found: _Candidates) -> tuple[np.ndarray, np.ndarray]:
        """Decode keypoints: (x, y) in pixels, (n, K, 2), and scores, (n, K)."""
        triples = found.raw[:, 5:].reshape(-1, self.num_keypoints, 3)
        points = triples[..., :2] * 2 - 0.5 + found.cells[:, None]
        return points * found.strides[:, None], sigmoid(triples[..., 2])
