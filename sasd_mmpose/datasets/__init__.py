"""Data sets and transforms that MMPose lacks."""
from .checked_coco import CheckedCocoDataset, CheckedCrowdPoseDataset
from .samplers import ShareSampler
from .synthetic_people import SyntheticPeople
from .transforms import (
    LoadPoseImage,
    PoseMosaic,
    PoseRandomAffine,
    PoseRandomCrop,
    PoseResize,
)

__all__ = [
    'CheckedCocoDataset', 'CheckedCrowdPoseDataset', 'LoadPoseImage',
    'PoseMosaic', 'PoseRandomAffine', 'PoseRandomCrop', 'PoseResize',
    'ShareSampler', 'SyntheticPeople'
]
