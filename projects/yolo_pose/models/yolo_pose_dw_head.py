"""The head of YOLO-Pose: keypoints have a depthwise branch of their own."""
from __future__ import annotations

import torch
import torch.nn as nn
from mmcv.cnn import ConvModule
from mmpose.registry import MODELS
from torch import Tensor

from sasd_mmpose.models import YOLOPoseHead
from sasd_mmpose.models.heads.yolo_pose_head import PoseHeadLevel

BOX_CHANNELS = 5  # x, y, w, h and objectness
NUM_DEPTHWISE = 6


class DepthwisePoseHeadLevel(PoseHeadLevel):
    """One level: 1x1 convolution for boxes, six depthwise ones for keypoints.

    The arguments are those of :class:`PoseHeadLevel`.
    """

    def _build_layers(self, in_channels: int, num_anchors: int,
                      num_keypoints: int, **layer_cfg) -> None:
        """Build both branches; ``layer_cfg`` are those of the hidden layers."""
        self.num_anchors = num_anchors
        self.box_out = nn.Conv2d(in_channels, num_anchors * BOX_CHANNELS, 1)
        layers = []
        for index in range(NUM_DEPTHWISE):
            layers.append(ConvModule(
                in_channels, in_channels, 3, padding=1, groups=in_channels,
                **layer_cfg))
            if index < NUM_DEPTHWISE - 1:
                layers.append(
                    ConvModule(in_channels, in_channels, 1, **layer_cfg))
        self.keypoint_branch = nn.Sequential(*layers)
        self.keypoint_out = nn.Conv2d(
            in_channels, num_anchors * 3 * num_keypoints, 1)

    def _set_bias(self, bias: Tensor) -> None:
        """Set the bias of each output channel, shape (A, 5 + 3 K)."""
        self.box_out.bias.data.copy_(bias[:, :BOX_CHANNELS].flatten())
        self.keypoint_out.bias.data.copy_(bias[:, BOX_CHANNELS:].flatten())

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, A * (5 + 3 K), H, W), anchor by anchor."""
        boxes = self.box_out(x).chunk(self.num_anchors, dim=1)
        keypoints = self.keypoint_out(self.keypoint_branch(x)).chunk(
            self.num_anchors, dim=1)
        return torch.cat(
            [part for pair in zip(boxes, keypoints) for part in pair], dim=1)


@MODELS.register_module()
class DepthwiseYOLOPoseHead(YOLOPoseHead):
    """:class:`YOLOPoseHead` with YOLO-Pose's layers, a width for each level.

    Assignment, losses, decoding and flip test are those of the base class.
    """
    level_type = DepthwisePoseHeadLevel
