"""The path aggregation network with one width for all levels (section III-A)."""
from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmpose.models.utils.csp_layer import CSPLayer
from mmpose.registry import MODELS
from torch import Tensor

from ..defaults import ACT_CFG, NORM_CFG
from .sppf import SPPF

NUM_PAN_LEVELS = 3


def extra_level(in_channels: int, out_channels: int, **layer_cfg) -> nn.Module:
    """Two C3 blocks that turn a backbone stage into a level beside the PAN.

    No other level takes anything from it, so that it can be dropped.

    Args:
        in_channels (int): Channels of the backbone's stage.
        out_channels (int): Channels of the level.
        layer_cfg: ``norm_cfg`` and ``act_cfg`` of the layers.

    Returns:
        nn.Module: Maps (N, in_channels, H, W) to (N, out_channels, H, W).
    """
    return nn.Sequential(
        CSPLayer(in_channels, out_channels, add_identity=False, **layer_cfg),
        CSPLayer(out_channels, out_channels, add_identity=False, **layer_cfg))


class CSPPAFPN(BaseModule):
    """SPPF, and YOLOv5's PAN: down the pyramid and up again, with C3 blocks.

    Args:
        in_channels (Sequence[int]): Channels of the backbone's stages, the
            finest first.
        out_channels (Sequence[int]): Channels of the levels.
        num_blocks (int): Bottlenecks of each C3 block.
        norm_cfg (dict): Normalisation layer.
        act_cfg (dict): Activation layer.
        init_cfg (dict | list[dict] | None): Initialisation of the weights.
    """

    def __init__(self,
                 in_channels: Sequence[int],
                 out_channels: Sequence[int],
                 num_blocks: int = 1,
                 norm_cfg: dict = NORM_CFG,
                 act_cfg: dict = ACT_CFG,
                 init_cfg: dict | list[dict] | None = None) -> None:
        super().__init__(init_cfg=init_cfg)
        layer_cfg = dict(norm_cfg=norm_cfg, act_cfg=act_cfg)

        def c3(in_width: int, out_width: int) -> CSPLayer:
            return CSPLayer(in_width, out_width, num_blocks=num_blocks,
                            add_identity=False, **layer_cfg)

        self.sppf = SPPF(in_channels[-1], **layer_cfg)
        # From the coarsest level down to the finest: ``reduce[j]`` feeds the
        # upsampling, ``top_down[j]`` joins it with the next backbone stage.
        fine, coarse = out_channels[:-1], (*out_channels[1:-1], in_channels[-1])
        self.reduce = nn.ModuleList(
            ConvModule(above, width, 1, **layer_cfg)
            for above, width in zip(reversed(coarse), reversed(fine)))
        self.top_down = nn.ModuleList(
            c3(width + stage, width)
            for width, stage in zip(reversed(fine), reversed(in_channels[:-1])))
        # And back from the finest level to the coarsest.
        self.downsample = nn.ModuleList(
            ConvModule(width, width, 3, stride=2, padding=1, **layer_cfg)
            for width in fine)
        self.bottom_up = nn.ModuleList(
            c3(2 * width, above) for width, above in zip(fine, out_channels[1:]))

    def forward(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Compute the pyramid.

        Args:
            inputs (Sequence[Tensor]): Backbone features, the finest first, each
                half the size of the one before, (N, in_channels[i], H_i, W_i).

        Returns:
            tuple[Tensor, ...]: Levels of shape (N, out_channels[i], H_i, W_i).
        """
        x = self.sppf(inputs[-1])
        laterals = []
        for reduce, join, stage in zip(
                self.reduce, self.top_down, reversed(inputs[:-1])):
            laterals.append(reduce(x))
            up = F.interpolate(laterals[-1], scale_factor=2.0, mode='nearest')
            x = join(torch.cat([up, stage], dim=1))

        outs = [x]
        for down, join, lateral in zip(
                self.downsample, self.bottom_up, reversed(laterals)):
            outs.append(join(torch.cat([down(outs[-1]), lateral], dim=1)))
        return tuple(outs)


@MODELS.register_module()
class UniformPAFPN(CSPPAFPN):
    """PAN over three backbone stages, and levels beside it, of one width.

    One width is what lets the level :math:`P'_{i+1}` of one twin teach the
    level :math:`P_i` of the other.

    Args:
        in_channels (Sequence[int]): Channels of the backbone's stages. The
            first three enter the PAN; each further one gets a level of its
            own, independent of the others.
        out_channels (int): Channels of every level.
        num_blocks (int): Bottlenecks of each C3 block of the PAN.
        norm_cfg (dict): Normalisation layer.
        act_cfg (dict): Activation layer.
        init_cfg (dict | list[dict] | None): Initialisation of the weights.
    """

    def __init__(self,
                 in_channels: Sequence[int],
                 out_channels: int,
                 num_blocks: int = 1,
                 norm_cfg: dict = NORM_CFG,
                 act_cfg: dict = ACT_CFG,
                 init_cfg: dict | list[dict] | None = None) -> None:
        stages = in_channels[:NUM_PAN_LEVELS]
        super().__init__(stages, [out_channels] * len(stages), num_blocks,
                         norm_cfg, act_cfg, init_cfg)
        self.in_channels = tuple(in_channels)
        self.out_channels = out_channels
        self.extra_levels = nn.ModuleList(
            extra_level(stage, out_channels, norm_cfg=norm_cfg, act_cfg=act_cfg)
            for stage in in_channels[NUM_PAN_LEVELS:])

    def forward(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Compute the pyramid.

        Args:
            inputs (Sequence[Tensor]): Backbone features of strides 8, 16, 32
                and, for each level beside the PAN, twice the one before, of
                shape (N, in_channels[i], H_i, W_i).

        Returns:
            tuple[Tensor, ...]: Levels P3, P4, P5, ... of shape
            (N, out_channels, H_i, W_i).
        """
        extras = zip(self.extra_levels, inputs[NUM_PAN_LEVELS:])
        return (*super().forward(inputs[:NUM_PAN_LEVELS]),
                *(level(x) for level, x in extras))
