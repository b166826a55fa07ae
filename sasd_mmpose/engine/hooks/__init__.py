from .channels_last_hook import ChannelsLastHook
from .checkpoint_guard_hook import CheckpointGuardHook
from .finite_loss_hook import FiniteLossHook
from .resume_guard_hook import ResumeGuardHook
from .same_keypoints_hook import SameKeypointsHook
from .sample_seed_hook import SampleSeedHook
from .sasd_stage_hook import SASDStageHook
from .skipped_images_hook import SkippedImagesHook
from .time_limit_hook import TimeLimitHook, TimeLimitReached

__all__ = [
    'ChannelsLastHook', 'CheckpointGuardHook', 'FiniteLossHook',
    'ResumeGuardHook', 'SASDStageHook', 'SameKeypointsHook', 'SampleSeedHook',
    'SkippedImagesHook', 'TimeLimitHook', 'TimeLimitReached'
]
