"""Training a net together with its twin at twice the resolution.

These are the only modules that know of two resolutions. The deployed
estimator is their base class: what training adds to it lives under the
prefixes of ``TRAINING_ONLY`` and nowhere else.
"""
from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch.nn as nn
import torch.nn.functional as F
from mmpose.models.pose_estimators import BottomupPoseEstimator
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptConfigType, SampleList
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from ..task_modules import GroundTruth, LevelTargets

# Sub-modules that a deployed estimator does not have.
TRAINING_ONLY = ('aux_heatmap.', 'aux_level.', 'twin.')
HIGH_PREFIX = 'high.'
HIGH_SCALE = 2


def enlarge(inputs: Tensor) -> Tensor:
    """Make the high-resolution twin's input from the batch as it is.

    No image is decoded a second time.

    Args:
        inputs (Tensor): Normalised images, shape (N, 3, H, W).

    Returns:
        Tensor: Shape (N, 3, 2H, 2W).
    """
    return F.interpolate(
        inputs, scale_factor=HIGH_SCALE, mode='bilinear', align_corners=False)


@contextmanager
def frozen_statistics(modules: Sequence[nn.Module]) -> Iterator[None]:
    """Keep the running statistics of batch norms as they are, for a while.

    Args:
        modules (Sequence[nn.Module]): What contains the batch norms.
    """
    norms = [norm for module in modules for norm in module.modules()
             if isinstance(norm, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum


class HighResolution(NamedTuple):
    """What the high-resolution twin gives.

    Attributes:
        teachers (Sequence[Tensor]): Features that teach the base twin's
            levels P3, P4, ... in this order, of the same shapes as those.
        maps (Sequence[Tensor]): Raw maps of the levels that are trained.
        targets (Sequence[LevelTargets]): Targets of these levels.
    """
    teachers: Sequence[Tensor]
    maps: Sequence[Tensor]
    targets: Sequence[LevelTargets]


class TwinDistiller(BottomupPoseEstimator):
    """A pose estimator that learns from itself at twice the resolution.

    Both twins learn the persons of the image (paper, Eq. 6); on top of it
    the features of the high-resolution twin teach those of the base twin.
    Inference is that of :class:`BottomupPoseEstimator` at base resolution.

    Args:
        loss_distill (dict | None): Config of the distance between the
            features (Eq. 1). None trains both twins without it.
        weight_sharing (bool): Whether the twins are one net. If not, the
            high-resolution twin has weights of its own.
        shared_statistics (bool): Whether the running statistics of batch
            norms, with which the net is deployed, are those of both
            resolutions; if not, of the base resolution alone. Training
            normalises each batch by itself in either case.
        aux_heatmap (dict | None): Config of heatmaps that the base twin's
            features are trained for as well, :class:`KeypointHeatmapLoss`.
        kwargs: Arguments of :class:`BottomupPoseEstimator`.

    Attributes:
        training_args (tuple[str, ...]): Arguments that the deployed net, a
            :class:`BottomupPoseEstimator`, does not have.
        distilling (bool): Whether the high-resolution twin takes part; off
            during the warm-up (see :class:`SASDStageHook`).
    """
    training_args = ('loss_distill', 'weight_sharing', 'shared_statistics',
                     'aux_heatmap')

    def __init__(self,
                 backbone: ConfigType,
                 neck: ConfigType,
                 head: ConfigType,
                 loss_distill: OptConfigType = None,
                 weight_sharing: bool = True,
                 shared_statistics: bool = True,
                 aux_heatmap: OptConfigType = None,
                 **kwargs) -> None:
        super().__init__(backbone=backbone, neck=neck, head=head, **kwargs)
        self.distilling = True
        self.shared_statistics = shared_statistics
        self.loss_distill = None
        if loss_distill is not None:
            self.loss_distill = MODELS.build(loss_distill)
        self.aux_heatmap = None
        if aux_heatmap is not None:
            self.aux_heatmap = MODELS.build(dict(
                aux_heatmap,
                metainfo=head['metainfo'],
                in_channels=self.neck.out_channels))
        self.twin = None
        if not weight_sharing:
            self.twin = BottomupPoseEstimator(
                backbone=backbone, neck=neck, head=dict(head, criterion=None))

    @property
    def high_net(self) -> BottomupPoseEstimator:
        """The net that sees the high resolution: this one or its twin."""
        return self if self.twin is None else self.twin

    @property
    def deployed_parts(self) -> list[nn.Module]:
        """The parts that inference at base resolution uses."""
        return [self.backbone, self.neck, self.head]

    def loss(self, inputs: Tensor, data_samples: SampleList) -> dict[str, Tensor]:
        """Compute the losses of both twins and between them (Eq. 6).

        Args:
            inputs (Tensor): Normalised images, shape (N, 3, H, W).
            data_samples (list[PoseDataSample]): Their labels.

        Returns:
            dict[str, Tensor]: Losses of the base twin; under ``high.`` those
            of the high-resolution twin; ``loss_heatmap``; ``loss_distill``.
        """
        criterion = self.head.criterion
        truth = GroundTruth.from_samples(data_samples, self.head.num_keypoints)
        levels = self.extract_feat(inputs)
        maps = self.head(levels)
        targets = self.head.targets(truth, maps)
        losses = criterion(maps, targets)
        if self.aux_heatmap is not None:
            losses['loss_heatmap'] = criterion.scale(
                self.aux_heatmap(levels, truth, self.head.strides))
        if not self.distilling:
            return losses

        keep = [] if self.shared_statistics else self.deployed_parts
        with frozen_statistics(keep):
            high = self.forward_high(enlarge(inputs), truth, targets)
        for name, value in criterion(high.maps, high.targets).items():
            losses[HIGH_PREFIX + name] = value
        if self.loss_distill is not None:
            losses['loss_distill'] = criterion.scale(
                self.loss_distill(levels, high.teachers))
        return losses

    @abstractmethod
    def forward_high(self, inputs: Tensor, truth: GroundTruth,
                     base_targets: list[LevelTargets]) -> HighResolution:
        """Run the high-resolution twin and align it with the base twin.

        Args:
            inputs (Tensor): Images at twice the size, (N, 3, 2H, 2W).
            truth (GroundTruth): The persons in pixels at base resolution.
            base_targets (list[LevelTargets]): Targets of the base twin.
        """
