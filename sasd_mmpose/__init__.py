"""Staggered alignment self-distillation for pose estimation, on MMPose.

Importing the package changes nothing and needs no torch. Configs register its
parts by ``custom_imports = dict(imports=['sasd_mmpose.registration'])``.
"""
from .errors import InputError
from .version import __version__

__all__ = ['InputError', '__version__']
