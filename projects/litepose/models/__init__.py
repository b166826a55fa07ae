"""Backbone and head of LitePose."""
from .litepose_backbone import LitePoseBackbone
from .litepose_head import LitePoseHead

__all__ = ['LitePoseBackbone', 'LitePoseHead']
