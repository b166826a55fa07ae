# What all rows in small have in common: a few epochs at 128 with the paper's
# losses and its proportion of 1 to 3 between the warm-up and the epochs with
# the twin. Train sasd_xs_coco_mini_start.py first.
_base_ = './sasd_xs_coco_mini_start.py'

custom_imports = dict(
    imports=['sasd_mmpose.registration', 'projects.paper_tables.variants'])

start = 'work_dirs/sasd_xs_coco_mini_start/epoch_24.pth'
input_size = (128, 128)
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
    {{_base_.warmup}},
    dict(_base_.cosine, end=max_epochs),
]
custom_hooks = [
    dict(hook, warmup_epochs=warmup_epochs)
    if hook['type'] == 'SASDStageHook' else hook
    for hook in _base_.custom_hooks
]

# The paper's, with a mosaic in one sample of four: it halves people. Step by
# step, as the recorded runs had it.
train_pipeline = [
    {{_base_.load_or_skip}},
    dict(
        type='PoseMosaic',
        img_scale=input_size,
        prob=0.25,
        pre_transform=[{{_base_.load_or_skip}}]),
    dict(type='PoseRandomAffine', input_size=input_size),
    dict(type='YOLOXHSVRandomAug'),
    {{_base_.flip}},
    {{_base_.drop_unlabelled}},
    {{_base_.encode}},
    dict(_base_.pack, type='PackPoseInputs'),
]
val_pipeline = [
    {{_base_.load}},
    dict(type='PoseResize', input_size=input_size),
    {{_base_.pack_test}},
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
