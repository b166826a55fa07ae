# Ten minutes by the clock, whatever the machine: the rate falls over the second
# half of them, and the twin takes part in the last third.
base_lr = 4e-3

train_cfg = dict(
    type='PoseTrainLoop', max_epochs=10000, val_interval=10)

optim_wrapper = dict(
    type='OptimWrapper',
    constructor='MergedOptimWrapperConstructor',
    optimizer=dict(
        type='MuonAdamW', lr=base_lr, weight_decay=0.05, fused=True),
    clip_grad=dict(max_norm=35.0),
    paramwise_cfg=dict(
        norm_decay_mult=0,
        bias_decay_mult=0,
        custom_keys={
            '.out.weight': dict(orthogonal=False),
            'neck.sppf': dict(orthogonal=False),
        }))

custom_hooks = [
    dict(type='ClockScheduleHook', minutes=10),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=2e-3,
        gamma=300,
        update_buffers=True,
        strict_load=False,
        priority='ABOVE_NORMAL'),
    dict(type='ChannelsLastHook'),
    dict(type='FiniteLossHook'),
    dict(type='CheckpointGuardHook'),
]
