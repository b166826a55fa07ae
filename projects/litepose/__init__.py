"""LitePose: importing this registers its parts in MMPose's registries."""
from projects import associative_embedding  # noqa: F401

from .models import LitePoseBackbone, LitePoseHead

__all__ = ['LitePoseBackbone', 'LitePoseHead']
