from .fast_shuffle import fast_features
from .pose_shufflenet_v2 import PoseShuffleNetV2
from .strided_depthwise import is_strided_depthwise, strided_depthwise
from .yolov5_csp_darknet import YOLOv5CSPDarknet

__all__ = [
    'PoseShuffleNetV2', 'YOLOv5CSPDarknet', 'fast_features',
    'is_strided_depthwise', 'strided_depthwise'
]
