from .bfloat16_optim_wrapper import BFloat16OptimWrapper
from .merged_optim_constructor import MergedOptimWrapperConstructor
from .muon_adamw import MuonAdamW
from .yolo_optim_constructor import BIAS_GROUP, YOLOOptimWrapperConstructor

__all__ = [
    'BIAS_GROUP', 'BFloat16OptimWrapper', 'MergedOptimWrapperConstructor',
    'MuonAdamW', 'YOLOOptimWrapperConstructor'
]
