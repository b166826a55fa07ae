from .ciou_loss import CIoULoss
from .feature_alignment_loss import FeatureAlignmentLoss
from .keypoint_distance_loss import KeypointDistanceLoss
from .keypoint_heatmap_loss import KeypointHeatmapLoss
from .normalized_skeleton_loss import NormalizedSkeletonLoss
from .yolo_pose_criterion import YOLOPoseCriterion

__all__ = [
    'CIoULoss', 'FeatureAlignmentLoss', 'KeypointDistanceLoss',
    'KeypointHeatmapLoss', 'NormalizedSkeletonLoss', 'YOLOPoseCriterion'
]
