"""The neck of YOLO-Pose: a PAN whose levels keep their own widths."""
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

from sasd_mmpose.models.defaults import ACT_CFG, NORM_CFG
from sasd_mmpose.models.necks import SPPF


@MODELS.register_module()
class P6PAFPN(BaseModule):
    """SPPF and PAN; each level is as wide as the backbone's stage.

    Args:
        in_channels (Sequence[int]): Channels of the backbone's stages, the
            finest first.
        num_blocks (int): Bottlenecks of each C3 block.
        norm_cfg (dict): Normalisation layer.
        act_cfg (dict): Activation layer.
        init_cfg (dict | list[dict] | None): Initialisation of the weights.
    """

    def __init__(self,
                 in_channels: Sequence[int],
                 num_blocks: int = 1,
                 norm_cfg: dict = NORM_CFG,
                 act_cfg: dict = ACT_CFG,
                 init_cfg: dict | list[dict] | None = None) -> None:
        super().__init__(init_cfg=init_cfg)
        layer_cfg = dict(norm_cfg=norm_cfg, act_cfg=act_cfg)
        # Neighbouring levels, the finest pair first.
        pairs = list(zip(in_channels[:-1], in_channels[1:]))

        def c3(in_width: int, out_width: int) -> CSPLayer:
            return CSPLayer(in_width, out_width, num_blocks=num_blocks,
                            add_identity=False, **layer_cfg)

        self.sppf = SPPF(in_channels[-1], **layer_cfg)
        # From the coarsest level down to the finest.
        self.reduce = nn.ModuleList(
            ConvModule(coarse, fine, 1, **layer_cfg)
            for fine, coarse in reversed(pairs))
        self.top_down = nn.ModuleList(
            c3(2 * fine, fine) for fine, _ in reversed(pairs))
        # And back from the finest level to the coarsest.
        self.downsample = nn.ModuleList(
            ConvModule(fine, fine, 3, stride=2, padding=1, **layer_cfg)
            for fine, _ in pairs)
        self.bottom_up = nn.ModuleList(
            c3(2 * fine, coarse) for fine, coarse in pairs)

    def forward(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Compute the pyramid.

        Args:
            inputs (Sequence[Tensor]): Backbone features, the finest first,
                each of half the size of the one before, of shape
                (N, in_channels[i], H_i, W_i).

        Returns:
            tuple[Tensor, ...]: Levels P3, P4, ... of the same shapes.
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
