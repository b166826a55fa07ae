"""Staggered alignment self-distillation for pose estimation, on MMPose.

    from sasd_mmpose import PoseEstimator
    people = PoseEstimator()('photo.jpg')

Importing the package changes nothing and needs no torch. Configs register its
parts by ``custom_imports = dict(imports=['sasd_mmpose.registration'])``.
"""
from typing import TYPE_CHECKING, Any

from .errors import InputError
from .version import __version__

if TYPE_CHECKING:
    from .inference.estimator import PoseEstimator
    from .inference.person import Person
    from .inference.pose_result import PoseResult, PoseResults
    from .inference.smoothing import PoseSmoother
    from .inference.tracking import PoseTracker

__all__ = ['InputError', 'Person', 'PoseEstimator', 'PoseResult', 'PoseResults',
           'PoseSmoother', 'PoseTracker', '__version__']
_MODULES = dict(
    Person='person', PoseEstimator='estimator', PoseResult='pose_result',
    PoseResults='pose_result', PoseSmoother='smoothing', PoseTracker='tracking')


def __getattr__(name: str) -> Any:
    """Import what finds persons, and OpenCV with it, when it is asked for."""
    if name not in _MODULES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from importlib import import_module
    return getattr(import_module(f'.inference.{_MODULES[name]}', __name__), name)
