"""Data sets and transforms that MMPose lacks."""
from .checked_coco import CheckedCocoDataset, CheckedCrowdPoseDataset
from .transforms import LoadPoseImage, PoseMosaic, PoseRandomAffine, PoseResize

__all__ = [
    'CheckedCocoDataset', 'CheckedCrowdPoseDataset', 'LoadPoseImage',
    'PoseMosaic', 'PoseRandomAffine', 'PoseResize'
]
