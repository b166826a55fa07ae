"""Transforms: loading, mosaic, affine, resize for testing."""
from .affine import PoseRandomAffine, PoseRandomCrop
from .loading import LoadPoseImage
from .mosaic import PoseMosaic
from .resize import PoseResize

__all__ = ['LoadPoseImage', 'PoseMosaic', 'PoseRandomAffine',
           'PoseRandomCrop', 'PoseResize']
