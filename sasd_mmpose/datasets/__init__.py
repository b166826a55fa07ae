"""Data sets and transforms that MMPose lacks."""
from .checked_coco import CheckedCocoDataset, CheckedCrowdPoseDataset
from .synthetic_people import SyntheticPeople
from .transforms import LoadPoseImage, PoseMosaic, PoseRandomAffine, PoseResize

__all__ = [
    'CheckedCocoDataset', 'CheckedCrowdPoseDataset', 'LoadPoseImage',
    'PoseMosaic', 'PoseRandomAffine', 'PoseResize', 'SyntheticPeople'
]
