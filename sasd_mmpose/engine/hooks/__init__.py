from .channels_last_hook import ChannelsLastHook
from .checkpoint_guard_hook import CheckpointGuardHook
from .cpu_budget_hook import CPUBudgetHook
from .fast_backbone_hook import FastBackboneHook
from .finite_loss_hook import FiniteLossHook
from .images_per_hour_hook import ImagesPerHourHook
from .last_checkpoint_hook import LastCheckpointHook
from .resume_guard_hook import ResumeGuardHook
from .run_summary_hook import RunSummaryHook
from .same_keypoints_hook import SameKeypointsHook
from .sample_seed_hook import SampleSeedHook
from .sasd_stage_hook import SASDStageHook
from .skipped_images_hook import SkippedImagesHook
from .time_limit_hook import TimeLimitHook, TimeLimitReached

__all__ = [
    'CPUBudgetHook', 'ChannelsLastHook', 'CheckpointGuardHook',
    'FastBackboneHook', 'FiniteLossHook', 'ImagesPerHourHook',
    'LastCheckpointHook', 'ResumeGuardHook', 'RunSummaryHook', 'SASDStageHook',
    'SameKeypointsHook', 'SampleSeedHook', 'SkippedImagesHook', 'TimeLimitHook',
    'TimeLimitReached'
]
