"""What MMPose's evaluation lacks."""
from .pose_coco_metric import PoseCocoMetric

__all__ = ['PoseCocoMetric']
