from .anchors import AnchorFit, evaluate_anchors, fit_anchors, letterboxed_sizes
from .complexity import Complexity, model_complexity
from .config import check_input_multiple, load_config

__all__ = [
    'AnchorFit', 'Complexity', 'check_input_multiple', 'evaluate_anchors',
    'fit_anchors', 'letterboxed_sizes', 'load_config', 'model_complexity'
]
