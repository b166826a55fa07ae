"""Transforms: mosaic, affine, colour and packing; loading and resize for testing."""
from .affine import PoseRandomAffine, PoseRandomCrop
from .colour import PoseHSVRandomAug
from .loading import LoadPoseImage
from .mosaic_affine import PoseMosaicAffine
from .packing import PackPoseTargets
from .resize import PoseResize

__all__ = ['LoadPoseImage', 'PackPoseTargets', 'PoseHSVRandomAug', 'PoseMosaicAffine',
           'PoseRandomAffine', 'PoseRandomCrop', 'PoseResize']
