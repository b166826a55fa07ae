"""The box loss of YOLOv5 and YOLO-Pose."""
from __future__ import annotations

import math

import torch
import torch.nn as nn
from mmpose.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class CIoULoss(nn.Module):
    """One minus the complete IoU of boxes: overlap, distance and shape.

    .. math::
        L = 1 - IoU + \\frac{\\rho^2}{c^2} + \\alpha v, \\qquad
        \\alpha = \\frac{v}{1 - IoU + v},

    with :math:`\\rho` the distance of the centres, c the diagonal of the
    smallest box around both, and v the difference of their shapes. MMDetection's
    loss has no value where both boxes are equal (0 / 0 in alpha), and ends a
    long training when a prediction hits its target.

    Args:
        loss_weight (float): Factor of the loss.
        eps (float): What keeps quotients defined.
    """

    def __init__(self, loss_weight: float = 1.0, eps: float = 1e-7) -> None:
        super().__init__()
        self.loss_weight = loss_weight
        self.eps = eps

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Compute the loss of each pair of boxes.

        Args:
            output (Tensor): Predicted corners (x1, y1, x2, y2), shape (M, 4).
            target (Tensor): Corners to predict, in the same unit, (M, 4).

        Returns:
            Tensor: Shape (M, ).
        """
        first, last = output.split(2, dim=1)
        target_first, target_last = target.split(2, dim=1)
        size, target_size = last - first, target_last - target_first
        overlap = (last.minimum(target_last) - first.maximum(target_first)
                   ).clamp(min=0).prod(dim=1)
        union = size.prod(dim=1) + target_size.prod(dim=1) - overlap
        iou = overlap / (union + self.eps)
        hull = last.maximum(target_last) - first.minimum(target_first)
        # Twice the distance of the centres.
        offset = first + last - target_first - target_last
        distance = offset.square().sum(dim=1) / 4 / (
            hull.square().sum(dim=1) + self.eps)
        shape = 4 / math.pi**2 * (self._slope(target_size) - self._slope(size)).square()
        with torch.no_grad():
            alpha = shape / (1 - iou + shape).clamp(min=self.eps)
        return self.loss_weight * (1 - iou + distance + alpha * shape)

    def _slope(self, size: Tensor) -> Tensor:
        """Turn width and height, (M, 2), into an angle, (M, )."""
        return torch.atan(size[:, 0] / (size[:, 1] + self.eps))
