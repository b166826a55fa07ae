from .curves import TrainingLog, plot_training_curves, read_training_log
from .poses import PoseDrawer

__all__ = [
    'PoseDrawer', 'TrainingLog', 'plot_training_curves', 'read_training_log'
]
