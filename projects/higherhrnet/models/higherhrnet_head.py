"""The head of HigherHRNet."""
from __future__ import annotations

from typing import Any

import torch
import torch.nn as nn
from mmpose.models.backbones.resnet import BasicBlock
from mmpose.registry import MODELS
from torch import Tensor

from projects.associative_embedding.head import MultiResolutionAEHead


@MODELS.register_module()
class HigherHRNetHead(MultiResolutionAEHead):
    """Predicts maps at stride 4, and with their help again at stride 2.

    Args:
        in_channels (int): Channels of the backbone's finest output.
        metainfo (dict): Meta information of the data set, as its config.
        num_blocks (int): Residual blocks after the deconvolution. Defaults
            to 4.
        **kwargs: See :class:`MultiResolutionAEHead`.
    """

    def __init__(self, in_channels: int, metainfo: dict, num_blocks: int = 4,
                 **kwargs: Any) -> None:
        super().__init__(in_channels, metainfo, **kwargs)
        self.final_layers = nn.ModuleList(
            nn.Conv2d(in_channels, out, 1) for out in self.level_channels)
        self.deconv = nn.Sequential(
            nn.ConvTranspose2d(in_channels + self.level_channels[0],
                               in_channels, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(in_channels), nn.ReLU(inplace=True))
        self.blocks = nn.Sequential(
            *(BasicBlock(in_channels, in_channels) for _ in range(num_blocks)))

    def forward(self, feats: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Predict the maps.

        Args:
            feats (tuple[Tensor]): Its first is ``(N, C, H / 4, W / 4)``.

        Returns:
            tuple[Tensor]: ``(N, 2 K, H / 4, W / 4)``, heatmaps and tags, and
            ``(N, K, H / 2, W / 2)``, heatmaps, for an input ``(N, 3, H, W)``.
        """
        coarse, fine = self.final_layers
        maps = coarse(feats[0])
        x = self.blocks(self.deconv(torch.cat([feats[0], maps], dim=1)))
        return maps, fine(x)
