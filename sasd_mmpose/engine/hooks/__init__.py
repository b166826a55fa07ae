from .channels_last_hook import ChannelsLastHook
from .checkpoint_guard_hook import CheckpointGuardHook
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

__all__ = [
    'ChannelsLastHook', 'CheckpointGuardHook',
    'FastBackboneHook', 'FiniteLossHook', 'ImagesPerHourHook',
    'LastCheckpointHook', 'ResumeGuardHook', 'RunSummaryHook', 'SASDStageHook',
    'SameKeypointsHook', 'SampleSeedHook', 'SkippedImagesHook'
]
