default_scope = 'mmpose'
# Asked for by MMPose's inferencer: no detector stands in front of the net.
data_mode = 'bottomup'
custom_imports = dict(imports=['sasd_mmpose.registration'], allow_failed_imports=False)

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(
        type='CheckpointHook',
        interval=10,
        max_keep_ckpts=3,
        save_best='coco/AP',
        rule='greater'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    sample_seed=dict(type='SampleSeedHook'),
    same_keypoints=dict(type='SameKeypointsHook'),
    resume_guard=dict(type='ResumeGuardHook'),
    last_checkpoint=dict(type='LastCheckpointHook'),
    summary=dict(type='RunSummaryHook'),
    visualization=dict(type='PoseVisualizationHook', enable=False))

env_cfg = dict(
    # Two input sizes, base and high, that never change.
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))

# Several GPUs: the auxiliary level has no gradient during the warm-up.
find_unused_parameters = True
sync_bn = 'torch'

vis_backends = [dict(type='LocalVisBackend')]
# Without a name: one that has it outlives its run, and its folder with it.
visualizer = dict(type='PoseLocalVisualizer', vis_backends=vis_backends)
log_processor = dict(
    type='LogProcessor', window_size=50, by_epoch=True, num_digits=6)
log_level = 'INFO'
load_from = None
resume = False
