from .pose_train_loop import PoseTrainLoop

__all__ = ['PoseTrainLoop']
