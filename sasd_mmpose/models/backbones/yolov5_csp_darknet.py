"""The backbone of the S, M and L variants (paper, section IV-B)."""
from __future__ import annotations

import math
from collections.abc import Sequence

import torch.nn as nn
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmpose.models.utils.csp_layer import CSPLayer
from mmpose.registry import MODELS
from torch import Tensor

from ..defaults import ACT_CFG, NORM_CFG

# Width and number of bottlenecks of each stage at factor 1.
STAGES = ((128, 3), (256, 6), (512, 9), (1024, 3))


@MODELS.register_module()
class YOLOv5CSPDarknet(BaseModule):
    """CSPDarknet as in version 6 of YOLOv5: 6x6 stem, C3 stages.

    The SPPF block that closes the original stands in the neck here, as for
    the ShuffleNetV2 variants.

    Args:
        widen_factor (float): Factor on the widths.
        deepen_factor (float): Factor on the numbers of bottlenecks.
        stages (Sequence[tuple[int, int]]): Width and number of bottlenecks
            of each stage at factor 1; all but the first give features.
        norm_cfg (dict): Normalisation layer.
        act_cfg (dict): Activation layer.
        init_cfg (dict | list[dict] | None): Initialisation of the weights.
    """

    def __init__(self,
                 widen_factor: float = 0.5,
                 deepen_factor: float = 0.33,
                 stages: Sequence[tuple[int, int]] = STAGES,
                 norm_cfg: dict = NORM_CFG,
                 act_cfg: dict = ACT_CFG,
                 init_cfg: dict | list[dict] | None = None) -> None:
        super().__init__(init_cfg=init_cfg)
        layer_cfg = dict(norm_cfg=norm_cfg, act_cfg=act_cfg)
        width = self._scale_width(64, widen_factor)
        self.stem = ConvModule(3, width, 6, stride=2, padding=2, **layer_cfg)
        self.stages = nn.ModuleList()
        for base_width, base_depth in stages:
            out_width = self._scale_width(base_width, widen_factor)
            self.stages.append(
                nn.Sequential(
                    ConvModule(width, out_width, 3, stride=2, padding=1, **layer_cfg),
                    CSPLayer(
                        out_width,
                        out_width,
                        num_blocks=max(round(base_depth * deepen_factor), 1),
                        **layer_cfg)))
            width = out_width

    @staticmethod
    def _scale_width(width: int, factor: float) -> int:
        """Scale a width and round it up to a multiple of 8."""
        return math.ceil(width * factor / 8) * 8

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Compute the features of strides 8, 16, 32 and so on.

        Args:
            x (Tensor): Images of shape (N, 3, H, W).

        Returns:
            tuple[Tensor, ...]: One map for each stage but the first, of
            shape (N, C_i, H/8, W/8), (N, C_i, H/16, W/16), ...
        """
        x = self.stages[0](self.stem(x))
        features = []
        for stage in self.stages[1:]:
            x = stage(x)
            features.append(x)
        return tuple(features)
