from .yolo_warmup_lr import YOLOWarmupLR

__all__ = ['YOLOWarmupLR']
