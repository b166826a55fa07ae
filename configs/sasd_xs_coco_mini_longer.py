# Goes on from the mean of two seeds of sasd_xs_coco_mini_rotated.py
# (projects.paper_tables.tools.average_checkpoints), with the backbone at three
# times its rate, which did best of four in trials of few epochs. Train those
# first; give --resume only to a run that was interrupted: it passes over load_from.
_base_ = './sasd_xs_coco_mini_rotated.py'

load_from = 'work_dirs/sasd_xs_coco_mini_rotated/mean.pth'
max_epochs = 44

train_cfg = dict(max_epochs=max_epochs, val_interval=22)
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'backbone': dict(lr_mult=0.3)}))
param_scheduler = [
    dict(schedule, end=max_epochs)
    if schedule['end'] == _base_.max_epochs else schedule
    for schedule in _base_.param_scheduler
]
custom_hooks = [
    dict(hook, warmup_epochs=max_epochs)
    if hook['type'] == 'SASDStageHook' else hook
    for hook in _base_.custom_hooks
]
