"""Distillation between equal levels, for comparison (paper, Table III)."""
from __future__ import annotations

import torch.nn.functional as F
from mmpose.registry import MODELS
from torch import Tensor

from ..task_modules import GroundTruth, LevelTargets
from .twins import HIGH_SCALE, HighResolution, TwinDistiller


@MODELS.register_module()
class DirectDistiller(TwinDistiller):
    """The level :math:`P'_i`, at half its size, teaches :math:`P_i`.

    The high-resolution twin assigns the persons, at twice their size, by its
    own rule. There is no auxiliary level.
    """

    def forward_high(self, inputs: Tensor, truth: GroundTruth,
                     base_targets: list[LevelTargets]) -> HighResolution:
        """Run all levels of the high twin; see :class:`TwinDistiller`."""
        net = self.high_net
        levels = net.extract_feat(inputs)
        maps = net.head(levels)
        targets = self.head.targets(truth.scaled(HIGH_SCALE), maps)
        halved = [
            F.interpolate(
                level, scale_factor=1 / HIGH_SCALE, mode='bilinear',
                align_corners=False) for level in levels
        ]
        return HighResolution(halved, maps, targets)
