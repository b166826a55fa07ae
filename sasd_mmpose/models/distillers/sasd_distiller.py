"""Staggered alignment self-distillation (paper, section III-B)."""
from __future__ import annotations

import torch
from mmpose.registry import MODELS
from mmpose.utils.typing import SampleList
from torch import Tensor

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
        kwargs: Arguments of :class:`TwinDistiller`.
    """

    def __init__(self,
                 aux_level: bool = True,
                 pruned_inference: bool = True,
                 **kwargs) -> None:
        super().__init__(**kwargs)
        if not (aux_level or pruned_inference):
            raise ValueError('pruned_inference=False needs aux_level=True: '
                             'there is no auxiliary level to keep')
        self.aux_level = None
        if aux_level:
            self.aux_level = AuxiliaryLevel(
                self.high_net.neck, self.high_net.head)
        self.pruned_inference = pruned_inference

    def forward_high(self, inputs: Tensor, truth: GroundTruth,
                     base_targets: list[LevelTargets]) -> HighResolution:
        """Run P4, P5, ... and the auxiliary level of the high twin.

        See :meth:`TwinDistiller.forward_high`.
        """
        net = self.high_net
        stages = net.backbone(inputs)
        levels = list(net.neck(stages)[1:])
        maps = [
            head(level) for head, level in zip(net.head.levels[1:], levels)
        ]
        if self.aux_level is not None:
            level, aux_map = self.aux_level(stages[-1])
            levels.append(level)
            maps.append(aux_map)
        return HighResolution(levels, maps, base_targets[:len(maps)])

    def predict(self, inputs: Tensor, data_samples: SampleList) -> SampleList:
        """Predict at base resolution.

        Args:
            inputs (Tensor): Normalised pictures, shape (N, 3, H, W).
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
        return [*maps, self.aux_level(stages[-1])[1]]
