"""The pyramid level that exists in training only (paper, Fig. 3b)."""
from __future__ import annotations

from mmengine.model import BaseModule
from mmpose.models.backbones.shufflenet_v2 import InvertedResidual
from torch import Tensor

from ..defaults import ACT_CFG, NORM_CFG
from ..heads.yolo_pose_head import PoseHeadLevel, YOLOPoseHead
from ..necks.uniform_pafpn import UniformPAFPN, extra_level


class AuxiliaryLevel(BaseModule):
    """One shuffle block and two C3 blocks on top of the backbone.

    It is built after the levels of the net it belongs to: as wide as they
    are, twice the stride of their last, and no other level takes anything
    from it.

    Args:
        neck (UniformPAFPN): Neck of the net.
        head (YOLOPoseHead | None): Head of the net, after whose last level
            the head of this one is made. None for a level without a head.
        norm_cfg (dict): Normalisation layer.
        act_cfg (dict): Activation layer of C3 blocks and head.
    """

    def __init__(self,
                 neck: UniformPAFPN,
                 head: YOLOPoseHead | None,
                 norm_cfg: dict = NORM_CFG,
                 act_cfg: dict = ACT_CFG) -> None:
        super().__init__()
        layer_cfg = dict(norm_cfg=norm_cfg, act_cfg=act_cfg)
        in_channels = neck.in_channels[-1]
        self.block = InvertedResidual(
            in_channels, 2 * in_channels, stride=2, norm_cfg=norm_cfg)
        self.level = extra_level(2 * in_channels, neck.out_channels, **layer_cfg)
        self.head = None
        if head is not None:
            self.head = PoseHeadLevel(
                neck.out_channels, head.anchors[-1], head.mean_pose,
                2 * head.strides[-1], **layer_cfg)

    def forward(self, stage: Tensor) -> Tensor:
        """Compute the level.

        Args:
            stage (Tensor): Last stage of the backbone, shape (N, C, H, W).

        Returns:
            Tensor: Shape (N, C', H/2, W/2).
        """
        return self.level(self.block(stage))
