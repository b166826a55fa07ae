"""The single branch of LitePose, with its large depth-wise kernels."""
from __future__ import annotations

from collections.abc import Sequence

import torch.nn as nn
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmpose.models.backbones.utils import InvertedResidual
from mmpose.registry import MODELS
from torch import Tensor

STEM_WIDTH = 32
EXPANSION = 6
KERNEL_SIZE = 7
NORM_CFG = dict(type='BN')
ACT_CFG = dict(type='ReLU6')


@MODELS.register_module()
class LitePoseBackbone(BaseModule):
    """A stem and four stages of inverted residuals with 7x7 convolutions.

    Args:
        stem_channels (int): Channels of the stem's output, at stride 2.
        stage_channels (Sequence[int]): Channels of each stage's output.
        stage_blocks (Sequence[int]): Blocks of each stage. Defaults to
            LitePose's.
        stage_strides (Sequence[int]): Strides of the stages. Defaults to
            LitePose's, whose outputs have stride 4, 8, 16 and 16.
        init_cfg (dict | list[dict], optional): Initialization; PyTorch's by
            default, as in LitePose.
    """

    def __init__(self,
                 stem_channels: int,
                 stage_channels: Sequence[int],
                 stage_blocks: Sequence[int] = (6, 8, 10, 10),
                 stage_strides: Sequence[int] = (2, 2, 2, 1),
                 init_cfg: dict | list[dict] | None = None) -> None:
        super().__init__(init_cfg)
        shared = dict(norm_cfg=NORM_CFG, act_cfg=ACT_CFG)
        self.stem = nn.Sequential(
            ConvModule(3, STEM_WIDTH, 3, stride=2, padding=1, **shared),
            ConvModule(STEM_WIDTH, STEM_WIDTH, 3, padding=1,
                       groups=STEM_WIDTH, **shared),
            ConvModule(STEM_WIDTH, stem_channels, 1, norm_cfg=NORM_CFG,
                       act_cfg=None))
        self.stages = nn.ModuleList()
        channels = stem_channels
        for width, blocks, stride in zip(
                stage_channels, stage_blocks, stage_strides, strict=True):
            self.stages.append(_stage(channels, width, blocks, stride))
            channels = width

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Compute the features.

        Args:
            x (Tensor): Images ``(N, 3, H, W)``.

        Returns:
            tuple[Tensor]: Outputs of the stem and of each stage, finest
            first.
        """
        features = [self.stem(x)]
        for stage in self.stages:
            features.append(stage(features[-1]))
        return tuple(features)


def _stage(in_channels: int, out_channels: int, blocks: int,
           stride: int) -> nn.Sequential:
    """Make the inverted residuals of one stage; the first has its stride."""
    widths = [in_channels] + [out_channels] * blocks
    strides = [stride] + [1] * (blocks - 1)
    return nn.Sequential(*(
        InvertedResidual(width, out_channels, EXPANSION * width, KERNEL_SIZE,
                         stride=block_stride, norm_cfg=NORM_CFG,
                         act_cfg=ACT_CFG)
        for width, block_stride in zip(widths, strides)))
