"""Staggered alignment self-distillation for pose estimation, on MMPose.

Importing the package registers all its parts in MMPose's registries, so that
``custom_imports = dict(imports=['sasd_mmpose'])`` is all a config needs.
"""
from . import compat

compat.apply()

from . import datasets, engine, evaluation, models  # noqa: E402
from .errors import InputError, install_excepthook  # noqa: E402
from .version import __version__  # noqa: E402

install_excepthook()

__all__ = [
    'InputError', '__version__', 'datasets', 'engine', 'evaluation', 'models'
]
