"""Spatial pyramid pooling of YOLOv5."""
from __future__ import annotations

import torch
import torch.nn as nn
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from torch import Tensor

from ..defaults import ACT_CFG, NORM_CFG


class SPPF(BaseModule):
    """Max pools of three sizes, stacked: the same as pools of 5, 9 and 13.

    Args:
        channels (int): Channels of the input and of the output.
        kernel_size (int): Kernel size of the pools that are stacked.
        norm_cfg (dict): Normalisation layer.
        act_cfg (dict): Activation layer.
    """

    def __init__(self,
                 channels: int,
                 kernel_size: int = 5,
                 norm_cfg: dict = NORM_CFG,
                 act_cfg: dict = ACT_CFG) -> None:
        super().__init__()
        layer_cfg = dict(norm_cfg=norm_cfg, act_cfg=act_cfg)
        self.reduce = ConvModule(channels, channels // 2, 1, **layer_cfg)
        self.pool = nn.MaxPool2d(kernel_size, 1, kernel_size // 2)
        self.fuse = ConvModule(4 * (channels // 2), channels, 1, **layer_cfg)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, H, W)."""
        pyramid = [self.reduce(x)]
        for _ in range(3):
            pyramid.append(self.pool(pyramid[-1]))
        return self.fuse(torch.cat(pyramid, dim=1))
