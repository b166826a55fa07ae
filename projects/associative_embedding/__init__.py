"""What LitePose and HigherHRNet share beyond MMPose's associative embedding."""
from .codec import CellAssociativeEmbedding
from .head import MultiResolutionAEHead

__all__ = ['CellAssociativeEmbedding', 'MultiResolutionAEHead']
