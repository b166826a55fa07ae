# Goes on from sasd_xs_coco_mini_tuned.py on crops of 384 pixels, which hold
# larger people, then with the twin on crops of 256 (the twin sees 512). What is
# under weights/ is epoch 22, before the twin, which lowered the AP here. Train
# the tuned net first; give --resume only to a run that was interrupted: it
# passes over load_from.
_base_ = './sasd_xs_coco_mini_tuned.py'

load_from = 'work_dirs/sasd_xs_coco_mini_tuned/epoch_46.pth'
crop_size = (384, 384)
scale_factor = (0.5, 1.25)
warmup_epochs = 22
max_epochs = 27

train_cfg = dict(max_epochs=max_epochs, val_interval=11)
param_scheduler = [
    dict(schedule, end=max_epochs)
    if schedule['end'] == _base_.max_epochs else schedule
    for schedule in _base_.param_scheduler
]
custom_hooks = [
    dict(hook, warmup_epochs=warmup_epochs)
    if hook['type'] == 'SASDStageHook' else hook
    for hook in _base_.custom_hooks
] + [
    dict(
        type='mmdet.PipelineSwitchHook',
        switch_epoch=warmup_epochs,
        switch_pipeline=_base_.train_pipeline)
]
train_pipeline = [
    dict(step, input_size=crop_size, scale_factor=scale_factor)
    if step['type'] == 'PoseRandomCrop' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(
    batch_size=4, dataset=dict(pipeline=train_pipeline))
