"""Staggered alignment self-distillation for pose estimation, on MMPose.

``custom_imports = dict(imports=['sasd_mmpose'])`` is all a config needs: with
MMPose in use, importing the package registers all its parts. By itself it
imports neither torch nor MMPose, so that :mod:`sasd_mmpose.deploy` serves where
they are not installed; :mod:`sasd_mmpose.registration` says how.
"""
from .errors import InputError, install_excepthook
from .registration import register_with_mmpose
from .version import __version__

install_excepthook()
register_with_mmpose()

__all__ = ['InputError', '__version__']
