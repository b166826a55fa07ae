"""What MMPose's evaluation lacks."""
# ruff: noqa: E402
from ..compat import mend_mmpose

mend_mmpose()

from .pose_coco_metric import PoseCocoMetric

__all__ = ['PoseCocoMetric']
