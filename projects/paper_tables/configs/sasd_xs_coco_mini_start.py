# Where the rows in small start from: XS without its twin, trained for a test
# at 256 at all the scales that the rows see. Make the backbone first, see
# projects/folded_backbone; then
#   python tools/train.py projects/paper_tables/configs/sasd_xs_coco_mini_start.py
_base_ = [
    '../../../configs/_base_/default_runtime.py',
    '../../../configs/_base_/models/sasd_xs.py',
    '../../../configs/_base_/schedules/adamw_small.py',
    '../../../configs/_base_/pipelines/input_512.py',
    '../../../configs/_base_/data/coco_mini.py'
]

input_size = (256, 256)  # of the test, on whole images
crop_size = (256, 256)
scale_factor = (0.25, 1.0)
max_epochs = 24
warmup_epochs = max_epochs

# Those of coco_mini at 512, halved.
anchors = [[[19.0, 25.5], [15.0, 39.0], [22.0, 59.5]],
           [[34.0, 41.5], [39.5, 77.0], [72.0, 81.0]],
           [[50.0, 130.0], [83.5, 149.5], [143.5, 170.0]]]
# OKS alone learns slowly from little data (docs/paper_notes.md).
loss_distance = dict(type='KeypointDistanceLoss', loss_weight=3.0)
model = dict(
    # Fixed, statistics included; nothing is propagated back through it.
    backbone=dict(
        frozen_stages=3,
        norm_eval=True,
        act_cfg=dict(type='LeakyReLU', negative_slope=0.1, inplace=True),
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/nanodet_backbone.pth',
            prefix='backbone.')),
    head=dict(anchors=anchors, criterion=dict(loss_distance=loss_distance)))

train_cfg = dict(max_epochs=max_epochs)
warmup = dict(
    type='LinearLR', start_factor=0.01, end=1, convert_to_iter_based=True)
cosine = dict(
    type='CosineAnnealingLR',
    eta_min=1e-4,
    begin=1,
    end=max_epochs,
    convert_to_iter_based=True)
param_scheduler = [warmup, cosine]
custom_hooks = [
    dict(hook, warmup_epochs=warmup_epochs)
    if hook['type'] == 'SASDStageHook' else hook
    for hook in _base_.custom_hooks
]
default_hooks = dict(checkpoint=dict(interval=1, max_keep_ckpts=2))
randomness = dict(seed=0)

train_pipeline = [
    {{_base_.load_or_skip}},
    dict(
        type='PoseRandomCrop',
        input_size=crop_size,
        scale_factor=scale_factor),
    {{_base_.color}},
    {{_base_.flip}},
    {{_base_.drop_unlabelled}},
    {{_base_.encode}},
    {{_base_.pack}},
]
val_pipeline = [
    {{_base_.load}},
    dict(type='PoseResize', input_size=input_size),
    {{_base_.pack_test}},
]
train_dataloader = dict(batch_size=16, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
