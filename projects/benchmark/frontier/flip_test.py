"""The flip test for a deployed net: averaged over an image and its mirror image.

What the head of :class:`YOLOPoseHead` does in torch, in numpy, and only where
somebody may be.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sasd_mmpose.inference.decoding import (
    PoseDecoder,
    Poses,
    _Candidates,
    nms,
    sigmoid,
)
from sasd_mmpose.inference.model_description import (
    ModelDescription,
    OutputSpec,
    Thresholds,
)


class FlipDecoder(PoseDecoder):
    """Decodes the raw maps of an image and of its mirror image together.

    Args:
        description (ModelDescription): The net.
        thresholds (Thresholds): What counts as found.
        width (int): Of the network input in pixels.
        flip_indices (Sequence[int]): Of each keypoint, its mirror image.
    """

    def __init__(self, description: ModelDescription, thresholds: Thresholds,
                 width: int, flip_indices: Sequence[int]) -> None:
        super().__init__(description, thresholds)
        self.width = width
        self.flip_indices = list(flip_indices)

    def __call__(self, passes: Sequence[Sequence[np.ndarray]]) -> Poses:
        """Decode the maps of one image.

        Args:
            passes (Sequence): Raw maps of the image and of its mirror image, as
                in :meth:`PoseDecoder.__call__`.

        Returns:
            Poses: Without duplicates.
        """
        levels = [self._pairs(*level) for level in zip(*passes, self.outputs)]
        found, mirrored = (
            _Candidates(*map(np.concatenate, zip(*side))) for side in zip(*levels))
        scores = (sigmoid(found.raw[:, 4]) + sigmoid(mirrored.raw[:, 4])) / 2
        best = np.argsort(-scores, kind='stable')[:self.thresholds.nms_pre]
        found, mirrored = (
            _Candidates(*(part[best] for part in side))
            for side in (found, mirrored))
        boxes = (self._boxes(found) + self._mirrored_boxes(mirrored)) / 2
        kept = nms(boxes, self.thresholds.nms_iou, self.thresholds.max_people)
        found, mirrored = (
            _Candidates(*(part[kept] for part in side))
            for side in (found, mirrored))
        keypoints = zip(self._keypoints(found), self._mirrored_keypoints(mirrored))
        return Poses(boxes[kept], scores[best][kept], *((a + b) / 2
                                                        for a, b in keypoints))

    def _pairs(self, raw: np.ndarray, raw_mirrored: np.ndarray,
               output: OutputSpec) -> tuple[_Candidates, _Candidates]:
        """Pick the cells of a level whose mean objectness is high enough."""
        anchors = np.array(output.anchors, np.float32)
        first, second = (m.reshape(len(anchors), -1, *m.shape[1:])
                         for m in (raw, raw_mirrored))
        scores = (sigmoid(first[:, 4]) + sigmoid(second[:, 4, :, ::-1])) / 2
        anchor, row, column = np.nonzero(scores > self.thresholds.score)
        strides = np.full((len(anchor), 1), output.stride, np.float32)
        sides = []
        for maps, x in ((first, column), (second, raw.shape[2] - 1 - column)):
            cells = np.stack([x, row], axis=1).astype(np.float32)
            sides.append(_Candidates(
                maps[anchor, :, row, x], cells, anchors[anchor], strides))
        return tuple(sides)

    def _mirrored_boxes(self, found: _Candidates) -> np.ndarray:
        """Decode boxes of the mirror image, in the image."""
        x1, y1, x2, y2 = self._boxes(found).T
        last = self.width - 1
        return np.stack([last - x2, y1, last - x1, y2], axis=1)

    def _mirrored_keypoints(self, found: _Candidates
                            ) -> tuple[np.ndarray, np.ndarray]:
        """Decode keypoints of the mirror image, in the image."""
        points, scores = self._keypoints(found)
        points = points[:, self.flip_indices]
        points[..., 0] = self.width - 1 - points[..., 0]
        return points, scores[:, self.flip_indices]
