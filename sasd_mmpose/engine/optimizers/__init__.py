from .yolo_optim_constructor import BIAS_GROUP, YOLOOptimWrapperConstructor

__all__ = ['BIAS_GROUP', 'YOLOOptimWrapperConstructor']
