from ..pictures import Person, PredictionWriter, open_source
from .anchors import AnchorFit, evaluate_anchors, fit_anchors, letterboxed_sizes
from .checkpoint import load_deployed, prune_checkpoint, read_checkpoint
from .complexity import Complexity, model_complexity
from .config import check_input_multiple, load_config
from .person_boxes import build_labels, mean_pose, person_sizes
from .predictor import Predictor
from .training_browser import TrainingBrowser

__all__ = [
    'AnchorFit', 'Complexity', 'Person', 'PredictionWriter', 'Predictor',
    'TrainingBrowser', 'build_labels', 'check_input_multiple',
    'evaluate_anchors', 'fit_anchors', 'letterboxed_sizes', 'load_config',
    'load_deployed', 'mean_pose', 'model_complexity', 'open_source', 'person_sizes',
    'prune_checkpoint', 'read_checkpoint'
]
