# Goes on from sasd_xs_coco_mini_muon.py, which knew its training images far
# better than others (docs/paper_notes.md): crops are turned and their light and
# colours changed more. OKS weighs as much as the distance of the keypoints;
# the large layers are AdamW's: Muon takes as long for them as their gradients.
# Train that one first; give --resume only to a run that was interrupted: it
# passes over load_from.
_base_ = './sasd_xs_coco_mini_muon.py'

load_from = 'work_dirs/sasd_xs_coco_mini_muon/epoch_30.pth'
max_epochs = 26

train_cfg = dict(max_epochs=max_epochs, val_interval=13)
model = dict(head=dict(criterion=dict(loss_oks=dict(loss_weight=1.0))))
optim_wrapper = dict(
    paramwise_cfg=dict(
        custom_keys={
            'backbone': dict(orthogonal=False),
            'neck.sppf': dict(orthogonal=False)
        }))
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
crop = dict(
    type='PoseRandomCrop',
    input_size=_base_.crop_size,
    scale_factor=(0.7, 1.4),
    rotate_factor=20.0,
    fill=True,
    on_error='skip')
color = dict(
    type='PoseHSVRandomAug',
    hue_delta=9,
    saturation_delta=90,
    value_delta=90)
train_pipeline = [
    crop,
    color,
    *_base_.train_pipeline[2:],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
