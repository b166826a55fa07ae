"""The backbone of YOLO-Pose: that of YOLOv5's nets with four levels."""
from __future__ import annotations

import torch.nn as nn
from mmcv.cnn import ConvModule
from mmpose.registry import MODELS

from sasd_mmpose.models import YOLOv5CSPDarknet
from sasd_mmpose.models.defaults import ACT_CFG, NORM_CFG

# Width and number of bottlenecks of each stage at factor 1. The stage of
# stride 8 is as deep as in version 5, from which YOLO-Pose departs.
P6_STAGES = ((128, 3), (256, 9), (512, 9), (768, 3), (1024, 3))
# What an image's three channels become at half its size, without loss:
# 2 x 2 pixels of 3 channels.
FOCUS_CHANNELS = 12


@MODELS.register_module()
class P6CSPDarknet(YOLOv5CSPDarknet):
    """CSPDarknet up to stride 64, with a stem of two 3x3 convolutions.

    Args:
        widen_factor (float): Factor on the widths.
        deepen_factor (float): Factor on the numbers of bottlenecks.
        norm_cfg (dict): Normalisation layer.
        act_cfg (dict): Activation layer.
        init_cfg (dict | list[dict] | None): Initialisation of the weights.
    """

    def __init__(self,
                 widen_factor: float = 0.5,
                 deepen_factor: float = 0.33,
                 norm_cfg: dict = NORM_CFG,
                 act_cfg: dict = ACT_CFG,
                 init_cfg: dict | list[dict] | None = None) -> None:
        super().__init__(widen_factor, deepen_factor, P6_STAGES, norm_cfg,
                         act_cfg, init_cfg)
        layer_cfg = dict(norm_cfg=norm_cfg, act_cfg=act_cfg)
        self.stem = nn.Sequential(
            ConvModule(
                3, FOCUS_CHANNELS, 3, stride=2, padding=1, **layer_cfg),
            ConvModule(
                FOCUS_CHANNELS, self.stem.out_channels, 3, padding=1,
                **layer_cfg))
