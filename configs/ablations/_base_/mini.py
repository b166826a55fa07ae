# What all rows of the small comparisons have in common: a few epochs on crops
# of 128 pixels, tested on whole pictures at 256, with the paper's losses and its
# proportion of 1 to 3 between the warm-up and the epochs with the twin. They
# start from sasd_xs_coco_mini_start.py; train that first.
_base_ = '../../sasd_xs_coco_mini_start.py'

start = 'work_dirs/sasd_xs_coco_mini_start/epoch_24.pth'
crop_size = (128, 128)
scale_factor = (0.25, 0.75)
warmup_epochs = 2
max_epochs = 8
base_lr = 2e-3

# Part by part: a twin with weights of its own starts there as well.
model = dict(
    backbone=dict(init_cfg=dict(checkpoint=start)),
    neck=dict(
        init_cfg=dict(type='Pretrained', checkpoint=start, prefix='neck.')),
    head=dict(
        init_cfg=dict(type='Pretrained', checkpoint=start, prefix='head.'),
        criterion=dict(loss_distance=None)))

train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs // 2)
optim_wrapper = dict(optimizer=dict(lr=base_lr))
param_scheduler = [
    dict(schedule, end=max_epochs)
    if schedule['end'] == _base_.max_epochs else schedule
    for schedule in _base_.param_scheduler
]
custom_hooks = [
    dict(hook, warmup_epochs=warmup_epochs)
    if hook['type'] == 'SASDStageHook' else hook
    for hook in _base_.custom_hooks
]

train_pipeline = [
    dict(step, input_size=crop_size, scale_factor=scale_factor)
    if step['type'] == 'PoseRandomCrop' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
