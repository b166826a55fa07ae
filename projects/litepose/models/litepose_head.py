"""The fusion deconvolution head of LitePose."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch.nn as nn
from mmcv.cnn import DepthwiseSeparableConvModule
from mmpose.registry import MODELS
from torch import Tensor

from projects.associative_embedding.head import MultiResolutionAEHead


@MODELS.register_module()
class LitePoseHead(MultiResolutionAEHead):
    """Doubles the resolution step by step, fusing in the backbone's features.

    Each step adds a deconvolution of what was refined so far to one of the
    backbone's feature at the same resolution. From the second step on, maps
    are predicted from both, at strides 4 and 2.

    Unlike in the original code, its convolutions start small, as in all heatmap
    heads of MMPose: large maps at the start take hundreds of steps to unlearn.

    Args:
        in_channels (Sequence[int]): Channels of the backbone's outputs: stem
            and stages, finest first.
        deconv_channels (Sequence[int]): Output channels of the three steps.
        metainfo (dict): Meta information of the data set, as its config.
        **kwargs: See :class:`MultiResolutionAEHead`.
    """

    def __init__(self, in_channels: Sequence[int],
                 deconv_channels: Sequence[int], metainfo: dict,
                 **kwargs: Any) -> None:
        super().__init__(in_channels, metainfo, **kwargs)
        *finer, last = in_channels
        raw = finer[::-1]
        refined = [last, *deconv_channels]
        self.refined_deconvs = nn.ModuleList(
            _deconv(width, out)
            for width, out in zip(refined, deconv_channels))
        self.raw_deconvs = nn.ModuleList(
            _deconv(width, out) for width, out in zip(raw, deconv_channels))
        self.activations = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(out), nn.ReLU(inplace=True))
            for out in deconv_channels)
        self.refined_maps = nn.ModuleList(
            _separable_conv(width, out)
            for width, out in zip(deconv_channels[1:], self.level_channels))
        self.raw_maps = nn.ModuleList(
            _separable_conv(width, out)
            for width, out in zip(raw[2:], self.level_channels))

    def forward(self, feats: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Predict the maps.

        Args:
            feats (tuple[Tensor]): Outputs of the backbone, strides 2, 4, 8,
                16 and 16.

        Returns:
            tuple[Tensor]: ``(N, 2 K, H / 4, W / 4)``, heatmaps and tags, and
            ``(N, K, H / 2, W / 2)``, heatmaps, for an input ``(N, 3, H, W)``.
        """
        *finer, x = feats
        raw = finer[::-1]
        refined = []
        for refined_deconv, raw_deconv, activation, feature in zip(
                self.refined_deconvs, self.raw_deconvs, self.activations, raw):
            x = activation(refined_deconv(x) + raw_deconv(feature))
            refined.append(x)
        return tuple(
            refined_map(a) + raw_map(b)
            for refined_map, raw_map, a, b in zip(
                self.refined_maps, self.raw_maps, refined[1:], raw[2:]))


def _deconv(in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    """Make a deconvolution that doubles the resolution."""
    return nn.ConvTranspose2d(
        in_channels, out_channels, 4, stride=2, padding=1, bias=False)


def _separable_conv(in_channels: int,
                    out_channels: int) -> DepthwiseSeparableConvModule:
    """Make a separable 5x5 convolution that ends in plain maps."""
    return DepthwiseSeparableConvModule(
        in_channels, out_channels, 5, padding=2, norm_cfg=dict(type='BN'),
        pw_norm_cfg=None, pw_act_cfg=None, bias=False)
