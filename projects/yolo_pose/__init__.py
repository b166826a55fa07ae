"""YOLO-Pose: importing this registers its parts in MMPose's registries."""
from .models import DepthwiseYOLOPoseHead, P6CSPDarknet, P6PAFPN

__all__ = ['DepthwiseYOLOPoseHead', 'P6CSPDarknet', 'P6PAFPN']
