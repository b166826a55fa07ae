# The paper's recipe: 100 epochs at base resolution, then 300 with the twin.
# Batch norm scales and biases do not decay; the learning rate belongs to a
# batch of 64 images, reached over several GPUs or by accumulation.
warmup_epochs = 100
max_epochs = 400
lr_warmup_epochs = 3
base_lr = 0.01
momentum = 0.937

train_cfg = dict(
    type='PoseTrainLoop',
    max_epochs=max_epochs,
    val_interval=10)
auto_scale_lr = dict(base_batch_size=64)

optim_wrapper = dict(
    type='OptimWrapper',
    constructor='YOLOOptimWrapperConstructor',
    optimizer=dict(
        type='SGD',
        lr=base_lr,
        momentum=momentum,
        weight_decay=5e-4,
        nesterov=True))

param_scheduler = [
    dict(
        type='YOLOWarmupLR',
        bias_lr=0.1,
        end=lr_warmup_epochs,
        convert_to_iter_based=True),
    dict(
        type='LinearMomentum',
        start_factor=0.8 / momentum,
        end=lr_warmup_epochs,
        convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        eta_min=base_lr * 0.05,
        begin=lr_warmup_epochs,
        end=max_epochs,
        convert_to_iter_based=True),
]

custom_hooks = [
    dict(type='SASDStageHook', warmup_epochs=warmup_epochs),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=1e-4,
        gamma=2000,
        update_buffers=True,
        strict_load=False,
        priority='ABOVE_NORMAL'),
    dict(type='FiniteLossHook'),
    dict(type='CheckpointGuardHook'),
    dict(type='SkippedImagesHook'),
    dict(type='SyncBuffersHook'),
]
