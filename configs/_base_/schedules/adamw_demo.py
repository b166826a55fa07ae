# About nine minutes on two CPU cores; most of the epochs are at base
# resolution, since one with the twin takes four times as long.
warmup_epochs = 14
max_epochs = 15
base_lr = 1e-2

train_cfg = dict(
    type='PoseTrainLoop', max_epochs=max_epochs, val_interval=5)
auto_scale_lr = dict(base_batch_size=8)

optim_wrapper = dict(
    type='OptimWrapper',
    constructor='YOLOOptimWrapperConstructor',
    optimizer=dict(type='AdamW', lr=base_lr, weight_decay=0.05, fused=True),
    clip_grad=dict(max_norm=35.0))

param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        end=1,
        convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        eta_min=base_lr * 0.02,
        begin=1,
        end=max_epochs,
        convert_to_iter_based=True),
]

custom_hooks = [
    dict(type='SASDStageHook', warmup_epochs=warmup_epochs),
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
