# Goes on from sasd_xs_coco_mini_crops.py, with all but the first stage of the
# backbone trained too. Train that one first; give --resume only to a run that
# was interrupted: it passes over load_from.
_base_ = './sasd_xs_coco_mini_crops.py'

load_from = 'work_dirs/sasd_xs_coco_mini_crops/epoch_36.pth'
warmup_epochs = 36
max_epochs = 46
base_lr = 2e-3

# Statistics stay those of many images.
model = dict(backbone=dict(frozen_stages=1, init_cfg=None))
train_dataloader = dict(batch_size=8)
train_cfg = dict(max_epochs=max_epochs)

optim_wrapper = dict(
    constructor='DefaultOptimWrapperConstructor',
    optimizer=dict(lr=base_lr),
    paramwise_cfg=dict(
        norm_decay_mult=0,
        bias_decay_mult=0,
        custom_keys={'backbone': dict(lr_mult=0.1)}))
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        end=1,
        convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        eta_min_ratio=0.02,  # of two rates: the backbone has its own
        begin=1,
        end=max_epochs,
        convert_to_iter_based=True),
]
custom_hooks = [
    dict(hook, warmup_epochs=warmup_epochs)
    if hook['type'] == 'SASDStageHook' else hook
    for hook in _base_.custom_hooks
]
