# XS on crops of photographs, for whole ones at 512: most for few images and
# little compute. Backbone of sasd_xs_coco_mini_pretrained.py; make it first, as
# is said there.
_base_ = [
    './_base_/default_runtime.py', './_base_/models/sasd_xs.py',
    './_base_/schedules/adamw_small.py', './_base_/pipelines/crop_256.py',
    './_base_/data/coco_mini.py'
]

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
    head=dict(criterion=dict(loss_distance=loss_distance)))
default_hooks = dict(checkpoint=dict(interval=1, max_keep_ckpts=2))
randomness = dict(seed=0)

train_dataloader = dict(
    batch_size=16, dataset=dict(pipeline={{_base_.train_pipeline}}))
val_dataloader = dict(dataset=dict(pipeline={{_base_.val_pipeline}}))
test_dataloader = val_dataloader
