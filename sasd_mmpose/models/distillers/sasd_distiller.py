"""Staggered alignment self-distillation (paper, section III-B)."""
from __future__ import annotations

import torch
from mmpose.registry import MODELS
from mmpose.utils.typing import SampleList
from torch import Tensor

from ..heads.yolo_pose_head import PoseHeadLevel
from ..task_modules import GroundTruth, LevelTargets
from .auxiliary_level import AuxiliaryLevel
from .twins import HighResolution, TwinDistiller


@MODELS.register_module()
class SASDDistiller(TwinDistiller):
    """The level :math:`P'_{i+1}` of one twin teaches :math:`P_i` of the other.

    At twice the resolution the grid of level i + 1 is that of level i at base
    resolution, so both get the very same targets: same cells, same anchors
    and, in cells, same boxes and keypoints. The level that the last one of
    the base twin is paired with exists in training only.

    Args:
        aux_level (bool): Whether the auxiliary level exists. Without it the
            last level of the base twin has no teacher (Table III).
        pruned_inference (bool): Whether the auxiliary level is left out at
            inference, as it is in the deployed net (Table VI).
        heads_by_position (bool): Which head reads :math:`P'_{i+1}`: the one
            of :math:`P_i`, which is paired with it, or, by default, the one
            of :math:`P_{i+1}`. By position, the auxiliary level has none.
        kwargs: Arguments of :class:`TwinDistiller`.
    """
    training_args = (*TwinDistiller.training_args, 'aux_level',
                     'pruned_inference', 'heads_by_position')

    def __init__(self,
                 aux_level: bool = True,
                 pruned_inference: bool = True,
                 heads_by_position: bool = False,
                 **kwargs) -> None:
        super().__init__(**kwargs)
        if not pruned_inference and (heads_by_position or not aux_level):
            raise ValueError(
                'pruned_inference=False needs aux_level=True and '
                'heads_by_position=False: there is no auxiliary level with a '
                'head to keep')
        self.aux_level = None
        if aux_level:
            net = self.high_net
            self.aux_level = AuxiliaryLevel(
                net.neck, None if heads_by_position else net.head)
        self.pruned_inference = pruned_inference
        self.heads_by_position = heads_by_position

    @property
    def high_heads(self) -> list[PoseHeadLevel]:
        """The heads that read P'4, P'5, ... in this order."""
        heads = list(self.high_net.head.levels)
        if self.heads_by_position:
            return heads
        if self.aux_level is not None:
            heads.append(self.aux_level.head)
        return heads[1:]

    def forward_high(self, inputs: Tensor, truth: GroundTruth,
                     base_targets: list[LevelTargets]) -> HighResolution:
        """Run P4, P5, ... and the auxiliary level of the high twin.

        See :meth:`TwinDistiller.forward_high`.
        """
        levels, maps = self.high_levels(inputs)
        return HighResolution(levels, maps, base_targets[:len(maps)])

    def high_levels(self, inputs: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Compute features and raw maps of the high-resolution twin.

        Args:
            inputs (Tensor): Images at twice the size, (N, 3, 2H, 2W).

        Returns:
            tuple[list[Tensor], list[Tensor]]: P'4, P'5, ... and their maps,
            each on the grid of the base twin's P3, P4, ...
        """
        net = self.high_net
        stages = net.backbone(inputs)
        levels = list(net.neck(stages)[1:])
        if self.aux_level is not None:
            levels.append(self.aux_level(stages[-1]))
        # Heads by position are one more than levels without the auxiliary one.
        maps = [head(level) for head, level in zip(self.high_heads, levels)]
        return levels, maps

    def predict(self, inputs: Tensor, data_samples: SampleList) -> SampleList:
        """Predict at base resolution.

        Args:
            inputs (Tensor): Normalised images, shape (N, 3, H, W).
            data_samples (list[PoseDataSample]): Their meta information.

        Returns:
            list[PoseDataSample]: The samples with ``pred_instances``.
        """
        if self.pruned_inference:
            return super().predict(inputs, data_samples)
        passes = [inputs]
        if self.test_cfg.get('flip_test', False):
            passes.append(inputs.flip(-1))
        # The auxiliary level has learnt with the last level's anchors.
        anchors = torch.cat([self.head.anchors, self.head.anchors[-1:]])
        strides = (*self.head.strides, 2 * self.head.strides[-1])
        instances = self.head.predict_by_maps(
            [self.unpruned_maps(x) for x in passes], anchors, strides,
            self.test_cfg)
        return self.add_pred_to_datasample(instances, None, data_samples)

    def unpruned_maps(self, inputs: Tensor) -> list[Tensor]:
        """Compute the raw maps of all levels, the auxiliary one last."""
        stages = self.backbone(inputs)
        maps = self.head(self.neck(stages))
        return [*maps, self.aux_level.head(self.aux_level(stages[-1]))]
