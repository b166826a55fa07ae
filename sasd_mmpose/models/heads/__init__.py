from .yolo_pose_head import Detections, PoseHeadLevel, YOLOPoseHead

__all__ = ['Detections', 'PoseHeadLevel', 'YOLOPoseHead']
