from .curves import TrainingLog, plot_training_curves, read_training_log

__all__ = ['TrainingLog', 'plot_training_curves', 'read_training_log']
