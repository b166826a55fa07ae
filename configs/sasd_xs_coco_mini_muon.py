# Goes on from sasd_xs_coco_mini_large_crops.py before its twin, with Muon and
# with OKS weighing more against the distance of the keypoints, for the fine
# placing that is still wanting. Train that one first; give --resume only to a
# run that was interrupted: it passes over load_from.
_base_ = './sasd_xs_coco_mini_large_crops.py'

load_from = 'work_dirs/sasd_xs_coco_mini_large_crops/epoch_22.pth'
max_epochs = 30

train_cfg = dict(max_epochs=max_epochs, val_interval=10)
model = dict(head=dict(criterion=dict(
    loss_oks=dict(loss_weight=0.3), loss_distance=dict(loss_weight=1.0))))
optim_wrapper = dict(
    optimizer=dict(type='MuonAdamW'),
    paramwise_cfg=dict(
        custom_keys={'.out.weight': dict(orthogonal=False)}))
param_scheduler = [
    dict(schedule, end=max_epochs)
    if schedule['end'] == _base_.max_epochs else schedule
    for schedule in _base_.param_scheduler
]
# Without the twin.
custom_hooks = [
    dict(hook, warmup_epochs=max_epochs)
    if hook['type'] == 'SASDStageHook' else hook
    for hook in _base_.custom_hooks
    if hook['type'] != 'mmdet.PipelineSwitchHook'
]
