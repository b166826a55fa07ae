from .p6_csp_darknet import P6CSPDarknet
from .p6_pafpn import P6PAFPN
from .yolo_pose_dw_head import DepthwiseYOLOPoseHead

__all__ = ['DepthwiseYOLOPoseHead', 'P6CSPDarknet', 'P6PAFPN']
