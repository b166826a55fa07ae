"""Data sets and transforms that MMPose lacks."""
from .checked_coco import CheckedCocoDataset, CheckedCrowdPoseDataset
from .synthetic_people import SyntheticPeople
from .transforms import (
    LoadPoseImage,
    PackPoseTargets,
    PoseHSVRandomAug,
    PoseMosaic,
    PoseMosaicAffine,
    PoseRandomAffine,
    PoseRandomCrop,
    PoseResize,
)

__all__ = [
    'CheckedCocoDataset', 'CheckedCrowdPoseDataset', 'LoadPoseImage',
    'PackPoseTargets', 'PoseHSVRandomAug', 'PoseMosaic', 'PoseMosaicAffine',
    'PoseRandomAffine', 'PoseRandomCrop', 'PoseResize', 'SyntheticPeople'
]
