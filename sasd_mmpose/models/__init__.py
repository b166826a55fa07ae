# ruff: noqa: E402
from ..compat import mend_mmpose

mend_mmpose()

from .backbones import PoseShuffleNetV2, YOLOv5CSPDarknet
from .deployed import deployed_cfg, prune_state_dict
from .distillers import DirectDistiller, SASDDistiller
from .heads import YOLOPoseHead
from .losses import (
    CIoULoss,
    FeatureAlignmentLoss,
    KeypointDistanceLoss,
    KeypointHeatmapLoss,
    NormalizedSkeletonLoss,
    YOLOPoseCriterion,
)
from .necks import UniformPAFPN
from .task_modules import YOLOAnchorAssigner, YOLOPoseCoder

__all__ = [
    'CIoULoss', 'DirectDistiller', 'FeatureAlignmentLoss', 'KeypointDistanceLoss',
    'KeypointHeatmapLoss', 'NormalizedSkeletonLoss', 'PoseShuffleNetV2',
    'SASDDistiller', 'UniformPAFPN', 'YOLOAnchorAssigner', 'YOLOPoseCoder',
    'YOLOPoseCriterion', 'YOLOPoseHead', 'YOLOv5CSPDarknet', 'deployed_cfg',
    'prune_state_dict'
]
