"""Training targets of a batch, per level and in grid cells."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from torch import Tensor

from ...errors import InputError
from .yolo_anchor_assigner import YOLOAnchorAssigner

# Keypoints without a label may be anywhere; farther away losses overflow.
MAX_COORDINATE = 1e7


class GroundTruth(NamedTuple):
    """The persons of a batch, one after another.

    Attributes:
        image (Tensor): Index of the person's image, long, shape (n, ).
        boxes (Tensor): (cx, cy, w, h) in pixels of the network input, shape
            (n, 4).
        keypoints (Tensor): (x, y) in pixels of the network input, shape
            (n, K, 2).
        visible (Tensor): 1 for a labelled keypoint, else 0, shape (n, K).
    """
    image: Tensor
    boxes: Tensor
    keypoints: Tensor
    visible: Tensor

    @classmethod
    def from_samples(cls, data_samples: Sequence[PoseDataSample],
                     num_keypoints: int) -> GroundTruth:
        """Collect ``gt_instance_labels`` of the samples of a batch.

        Args:
            data_samples (Sequence[PoseDataSample]): Samples whose labels hold
                ``bboxes`` (n_i, 4) as corners, ``keypoints`` (n_i, K, 2) and
                ``keypoints_visible`` (n_i, K), in pixels of the network
                input.
            num_keypoints (int): Number K of keypoints.

        Returns:
            GroundTruth: All of them, in order. Keypoints without a label
            that are nowhere, as at NaN, are at (0, 0).

        Raises:
            InputError: The samples have another number of keypoints.
        """
        labels = [sample.gt_instance_labels for sample in data_samples]
        _check_num_keypoints(labels, num_keypoints)
        visible = torch.cat([
            label.keypoints_visible.reshape(-1, num_keypoints)
            for label in labels
        ]).gt(0)
        keypoints = torch.cat([
            label.keypoints.reshape(-1, num_keypoints, 2) for label in labels
        ]).float()
        corners = torch.cat([label.bboxes.reshape(-1, 4) for label in labels])
        counts = torch.tensor([len(label.bboxes) for label in labels])
        first, last = corners.float().split(2, dim=1)
        return cls(
            image=torch.arange(len(labels)).repeat_interleave(counts).to(
                corners.device),
            boxes=torch.cat([(first + last) / 2, last - first], dim=1),
            # A factor of 0 would not do: 0 x NaN is NaN.
            keypoints=torch.where(
                (visible | (keypoints.abs() < MAX_COORDINATE).all(-1))[
                    ..., None], keypoints, 0),
            visible=visible.float())

    def scaled(self, factor: float) -> GroundTruth:
        """Return the same persons in an image ``factor`` times as large."""
        return self._replace(
            boxes=self.boxes * factor, keypoints=self.keypoints * factor)


def _check_num_keypoints(labels: Sequence[InstanceData], num_keypoints: int) -> None:
    """Raise where the labels of a sample are of another number."""
    for label in labels:
        found = label.keypoints.shape[-2]
        if len(label.keypoints) and found != num_keypoints:
            raise InputError(
                f'the data set has {found} keypoints, model.head.metainfo '
                f'{num_keypoints}; give both the same metainfo')


class LevelTargets(NamedTuple):
    """What the positives of one level are to predict.

    Boxes and keypoints are in grid cells relative to the upper left corner of
    the positive's cell. Nothing here depends on the stride, which is why the
    targets of :math:`P_i` serve :math:`P'_{i+1}` of the high-resolution twin
    as they are.

    Attributes:
        image (Tensor): Image of each positive, long, shape (M, ).
        anchor (Tensor): Anchor index, long, shape (M, ).
        row (Tensor): Row of the cell, long, shape (M, ).
        col (Tensor): Column of the cell, long, shape (M, ).
        anchor_sizes (Tensor): Size of that anchor in cells, shape (M, 2).
        boxes (Tensor): (cx, cy, w, h), shape (M, 4).
        keypoints (Tensor): (x, y), shape (M, K, 2).
        visible (Tensor): 1 for a labelled keypoint, else 0, shape (M, K).
    """
    image: Tensor
    anchor: Tensor
    row: Tensor
    col: Tensor
    anchor_sizes: Tensor
    boxes: Tensor
    keypoints: Tensor
    visible: Tensor


def level_targets(truth: GroundTruth, assigner: YOLOAnchorAssigner,
                  anchors: Tensor, stride: int,
                  grid_size: tuple[int, int]) -> LevelTargets:
    """Assign the persons of a batch to one level and encode them.

    Args:
        truth (GroundTruth): The persons, in pixels of the network input.
        assigner (YOLOAnchorAssigner): The rule of assignment.
        anchors (Tensor): Anchor sizes in cells, shape (A, 2).
        stride (int): Pixels of the network input per cell.
        grid_size (tuple[int, int]): Rows and columns of the level.

    Returns:
        LevelTargets: Targets of the M positives.
    """
    boxes = truth.boxes / stride
    chosen = assigner(boxes, anchors, grid_size)
    cells = torch.stack([chosen.col, chosen.row], dim=1).to(boxes.dtype)
    boxes = boxes[chosen.gt]
    return LevelTargets(
        image=truth.image[chosen.gt],
        anchor=chosen.anchor,
        row=chosen.row,
        col=chosen.col,
        anchor_sizes=anchors[chosen.anchor],
        boxes=torch.cat([boxes[:, :2] - cells, boxes[:, 2:]], dim=1),
        keypoints=truth.keypoints[chosen.gt] / stride - cells[:, None],
        visible=truth.visible[chosen.gt])
