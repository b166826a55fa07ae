"""What MMPose's evaluation lacks."""
from .person_oks import mean_person_oks
from .pose_coco_metric import PoseCocoMetric

__all__ = ['PoseCocoMetric', 'mean_person_oks']
