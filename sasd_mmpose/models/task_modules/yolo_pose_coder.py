"""What the channels of the head mean: YOLOv5's boxes with keypoints."""
from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class DecodedPoses(NamedTuple):
    """Boxes and keypoints relative to the corner of their cell.

    Attributes:
        boxes (Tensor): (cx, cy, w, h) in grid cells, shape (..., 4).
        obj_logits (Tensor): Objectness before the sigmoid, shape (...).
        keypoints (Tensor): (x, y) in grid cells, shape (..., K, 2).
        keypoint_logits (Tensor): Confidence of each keypoint before the
            sigmoid, shape (..., K).
    """
    boxes: Tensor
    obj_logits: Tensor
    keypoints: Tensor
    keypoint_logits: Tensor


class YOLOPoseCoder:
    """Map raw channels to poses in grid cells, and back.

    An anchor of a cell has 5 + 3 K channels: x, y, w, h of the box, its
    objectness, then x, y and confidence of each keypoint. With :math:`t` the
    raw value and :math:`a` the anchor's size in cells,

    * centre of the box: :math:`2 \\sigma(t) - 0.5`, within (-0.5, 1.5);
    * size of the box: :math:`(2 \\sigma(t))^2 a`, at most four anchors;
    * keypoint: :math:`2 t - 0.5`, unbounded.

    Everything is relative to the cell's upper left corner and in cells, so
    that neither resolution nor stride appears here.

    Args:
        num_keypoints (int): Number K of keypoints.
    """

    def __init__(self, num_keypoints: int) -> None:
        self.num_keypoints = num_keypoints
        self.num_channels = 5 + 3 * num_keypoints

    def decode(self, raw: Tensor, anchors: Tensor) -> DecodedPoses:
        """Decode raw channels.

        Args:
            raw (Tensor): Raw channels, shape (..., 5 + 3 K).
            anchors (Tensor): Anchor sizes in cells, broadcastable to
                (..., 2).

        Returns:
            DecodedPoses: Poses relative to the cell, in cells.
        """
        box = raw[..., :4].sigmoid() * 2
        triples = raw[..., 5:].unflatten(-1, (self.num_keypoints, 3))
        return DecodedPoses(
            boxes=torch.cat([box[..., :2] - 0.5, box[..., 2:]**2 * anchors], dim=-1),
            obj_logits=raw[..., 4],
            keypoints=triples[..., :2] * 2 - 0.5,
            keypoint_logits=triples[..., 2])

    def encode(self, poses: DecodedPoses, anchors: Tensor) -> Tensor:
        """Find the raw channels that :meth:`decode` maps to given poses.

        Args:
            poses (DecodedPoses): Poses relative to the cell, in cells. The
                centre of a box must lie within (-0.5, 1.5) of the cell and
                its sides within four anchors; others have no raw value and
                become infinite or not a number.
            anchors (Tensor): Anchor sizes in cells, broadcastable to
                (..., 2).

        Returns:
            Tensor: Raw channels, shape (..., 5 + 3 K).
        """
        center = torch.logit((poses.boxes[..., :2] + 0.5) / 2)
        size = torch.logit((poses.boxes[..., 2:] / anchors).sqrt() / 2)
        keypoints = (poses.keypoints + 0.5) / 2
        triples = torch.cat([keypoints, poses.keypoint_logits[..., None]], -1)
        return torch.cat(
            [center, size, poses.obj_logits[..., None], triples.flatten(-2)],
            dim=-1)
