"""Data sets and transforms that MMPose lacks."""
# ruff: noqa: E402
from ..compat import mend_mmpose

mend_mmpose()

from .checked_coco import CheckedCocoDataset, CheckedCrowdPoseDataset
from .samplers import ShareSampler
from .transforms import (
    LoadPoseImage,
    PackPoseTargets,
    PoseHSVRandomAug,
    PoseMosaicAffine,
    PoseRandomAffine,
    PoseRandomCrop,
    PoseResize,
)

__all__ = [
    'CheckedCocoDataset', 'CheckedCrowdPoseDataset', 'LoadPoseImage',
    'PackPoseTargets', 'PoseHSVRandomAug', 'PoseMosaicAffine',
    'PoseRandomAffine', 'PoseRandomCrop', 'PoseResize', 'ShareSampler'
]
