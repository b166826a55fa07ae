"""The head of HigherHRNet; its backbone is MMPose's HRNet."""
from .higherhrnet_head import HigherHRNetHead

__all__ = ['HigherHRNetHead']
