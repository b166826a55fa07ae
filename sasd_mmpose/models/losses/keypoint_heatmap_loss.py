"""Heatmaps as a second task for the features, in training only."""
from __future__ import annotations

import torch
import torch.nn as nn
from mmengine.model import BaseModule
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.models.losses.heatmap_loss import FocalHeatmapLoss
from mmpose.registry import MODELS
from torch import Tensor

from ..task_modules import GroundTruth
from .yolo_pose_criterion import PERSON_AREA_FACTOR

# In cells: the Gaussian of a small person still reaches the cells around.
MIN_DEVIATION = 0.5
# Share of the cells that are keypoints, before any training.
PRIOR = 0.01
EPS = 1e-4


@MODELS.register_module()
class KeypointHeatmapLoss(BaseModule):
    """Predict keypoint heatmaps from one level, and compare them with the labels.

    A regression head learns from the few cells that are assigned a person;
    here every cell has a target. The loss is CenterNet's, the Gaussians are as
    wide as those of OKS. Where a person's keypoint is unlabelled nothing is
    asked of its heatmap within the person's box. The paper does not have it.

    Args:
        metainfo (dict): Meta information of the data set: number of keypoints
            and their sigmas.
        in_channels (int): Channels of the level.
        level (int): Which level of the pyramid.
        loss_weight (float): Factor of the loss.
    """

    def __init__(self,
                 metainfo: dict,
                 in_channels: int,
                 level: int = 0,
                 loss_weight: float = 1.0) -> None:
        super().__init__()
        metainfo = parse_pose_metainfo(dict(metainfo))
        self.level = level
        self.register_buffer(
            'sigmas', torch.as_tensor(metainfo['sigmas']), persistent=False)
        self.out = nn.Conv2d(in_channels, metainfo['num_keypoints'], 1)
        self.loss = FocalHeatmapLoss(loss_weight=loss_weight)

    def init_weights(self) -> None:
        """Initialise; keypoints are rare at first."""
        super().init_weights()
        nn.init.constant_(self.out.bias, torch.logit(torch.tensor(PRIOR)).item())

    def forward(self, levels: tuple[Tensor, ...], truth: GroundTruth,
                strides: tuple[int, ...]) -> Tensor:
        """Compute the loss.

        Args:
            levels (tuple[Tensor, ...]): The pyramid, (N, C, H_i, W_i) each.
            truth (GroundTruth): The persons, in pixels of the network input.
            strides (tuple[int, ...]): Pixels of the network input per cell.

        Returns:
            Tensor: A scalar, the mean over the labelled keypoints.
        """
        logits = self.out(levels[self.level])
        with torch.autocast(logits.device.type, enabled=False):
            target, mask = heatmap_targets(
                truth, self.sigmas, strides[self.level], logits.shape)
            scores = logits.float().sigmoid().clamp(EPS, 1 - EPS)
            return self.loss(scores, target, mask=mask)


def heatmap_targets(truth: GroundTruth, sigmas: Tensor, stride: int,
                    shape: torch.Size) -> tuple[Tensor, Tensor]:
    """Draw the labelled keypoints of a batch.

    Args:
        truth (GroundTruth): The persons, in pixels of the network input.
        sigmas (Tensor): OKS sigma of each keypoint, shape (K, ).
        stride (int): Pixels of the network input per cell.
        shape (torch.Size): N, K, H, W of the heatmaps.

    Returns:
        tuple[Tensor, Tensor]: Heatmaps, 1 in the cell of a keypoint and
        falling off as its OKS does, and a mask, 0 where an unlabelled keypoint
        may be; both (N, K, H, W).
    """
    rows, cols = (torch.arange(size, device=sigmas.device) for size in shape[2:])
    x, y = (truth.keypoints / stride).floor().unbind(-1)
    area = truth.boxes[:, 2:].prod(dim=1) * PERSON_AREA_FACTOR
    deviation = 2 * sigmas * area.sqrt()[:, None] / stride
    factor = -0.5 / deviation.clamp(min=MIN_DEVIATION)[..., None]**2
    along_x = torch.exp(factor * (cols - x[..., None])**2)
    along_y = torch.exp(factor * (rows - y[..., None])**2)

    visible = truth.visible[..., None, None]
    low = (truth.boxes[:, :2] - truth.boxes[:, 2:] / 2) / stride
    high = low + truth.boxes[:, 2:] / stride
    inside = (_between(rows, low[:, 1], high[:, 1])[:, None, :, None] *
              _between(cols, low[:, 0], high[:, 0])[:, None, None])

    target = sigmas.new_zeros(shape)
    mask = sigmas.new_ones(shape)
    for image in range(shape[0]):
        own = truth.image == image
        if own.any():
            peaks = along_y[own][..., None] * along_x[own][..., None, :]
            target[image] = (peaks * visible[own]).amax(dim=0)
            mask[image] -= (inside[own] * (1 - visible[own])).amax(dim=0)
    # A labelled keypoint counts, whoever else's box it is in.
    return target, torch.where(target == 1, 1.0, mask)


def _between(cells: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Tell which of (S, ) cells boxes from low to high (n, ) touch: (n, S)."""
    return ((cells + 1 > low[:, None]) & (cells < high[:, None])).float()
