# XS on coco_mini and pose_mix, from a detector's backbone to the end in one run
# that may be killed at any moment and goes on with --resume. Make the backbone
# first, of the folded weights of NanoDet-Plus-m (Apache-2.0):
#   python -m projects.folded_backbone nanodet_plus_m.param \
#       nanodet_plus_m.bin COCO_MINI/images work_dirs/nanodet_plus_backbone.pth \
#       --ann COCO_MINI/annotations/person_keypoints_train.json
# The rate is constant at first. When the losses stopped falling there, it was
# halved, and falls to a twentieth of what it was. The averaged weights can be
# tested at any time.
_base_ = [
    './_base_/default_runtime.py', './_base_/models/sasd_xs.py',
    './_base_/schedules/muon.py', './_base_/pipelines/crop_320.py',
    './_base_/data/pose_mix.py'
]

max_epochs = 76
full_rate_epochs = 60

model = dict(
    # Statistics stay those of many images, the stem as it is.
    backbone=dict(
        frozen_stages=0,
        norm_eval=True,
        act_cfg=dict(type='LeakyReLU', negative_slope=0.1, inplace=True),
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/nanodet_plus_backbone.pth',
            prefix='backbone.')),
    aux_heatmap=dict(type='KeypointHeatmapLoss', loss_weight=0.3),
    head=dict(
        criterion=dict(
            # What AP ranks people by.
            objectness_oks=True,
            loss_oks=dict(loss_weight=1.0),
            loss_distance=dict(type='KeypointDistanceLoss', loss_weight=1.0))))

train_cfg = dict(
    type='EpochBasedTrainLoop', max_epochs=max_epochs, val_interval=8)
auto_scale_lr = dict(base_batch_size=16)
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        end=1,
        convert_to_iter_based=True),
    dict(type='MultiStepLR', milestones=[full_rate_epochs], gamma=0.5),
    dict(
        type='CosineAnnealingLR',
        eta_min_ratio=0.05,
        begin=full_rate_epochs,
        end=max_epochs,
        convert_to_iter_based=True),
]

default_hooks = dict(checkpoint=dict(interval=2, max_keep_ckpts=2))
custom_hooks = [
    # Without the twin.
    dict(type='SASDStageHook', warmup_epochs=max_epochs),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=1e-3,
        gamma=1000,
        update_buffers=True,
        strict_load=False,
        priority='ABOVE_NORMAL'),
    dict(type='ChannelsLastHook'),
    dict(type='FastBackboneHook'),
    dict(type='FiniteLossHook'),
    dict(type='CheckpointGuardHook'),
    dict(type='SkippedImagesHook'),
    dict(type='ImagesPerHourHook'),
]
randomness = dict(seed=0)

small_images = dict(pipeline=_base_.train_pipeline_small)
large_images = dict(pipeline=_base_.train_pipeline)
train_dataloader = dict(
    num_workers=1,
    dataset=dict(datasets=[
        dict(_base_.coco_mini, **large_images),
        dict(_base_.scenes, **large_images),
        dict(_base_.sports, **small_images),
        dict(_base_.more_sports, **small_images),
    ]))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
