from .pose_targets import GroundTruth, LevelTargets, level_targets
from .yolo_anchor_assigner import LevelAssignment, YOLOAnchorAssigner
from .yolo_pose_coder import DecodedPoses, YOLOPoseCoder

__all__ = [
    'DecodedPoses', 'GroundTruth', 'LevelAssignment', 'LevelTargets',
    'YOLOAnchorAssigner', 'YOLOPoseCoder', 'level_targets'
]
