"""YOLO-Pose: importing this registers its parts in MMPose's registries."""
from .models import P6PAFPN, DepthwiseYOLOPoseHead, P6CSPDarknet

__all__ = ['DepthwiseYOLOPoseHead', 'P6CSPDarknet', 'P6PAFPN']
