from ..pictures import PoseDrawer
from .assignments import draw_assignment, draw_sample, save_figure
from .curves import TrainingLog, plot_training_curves, read_training_log
from .training_view import TrainingView, same_targets, view_training_sample

__all__ = [
    'PoseDrawer', 'TrainingLog', 'TrainingView', 'draw_assignment',
    'draw_sample', 'plot_training_curves', 'read_training_log', 'same_targets',
    'save_figure', 'view_training_sample'
]
