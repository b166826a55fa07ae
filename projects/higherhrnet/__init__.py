"""HigherHRNet: importing this registers its parts in MMPose's registries."""
from projects.associative_embedding import codec  # noqa: F401  (registers it)

from .models import HigherHRNetHead

__all__ = ['HigherHRNetHead']
