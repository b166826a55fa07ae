# YOLO-Pose-S for an input of 640.
_base_ = [
    './_base_/yolo_pose_s.py',
    '../../../configs/_base_/default_runtime.py',
    '../../../configs/_base_/schedules/sgd_400e.py',
    '../../../configs/_base_/pipelines/input_640.py',
    '../../../configs/_base_/data/coco.py'
]

custom_imports = dict(
    imports=['sasd_mmpose.registration', 'projects.yolo_pose'],
    allow_failed_imports=False)

# Schedule: 300 epochs, learning rate down to a fifth.
max_epochs = 300
base_lr = 0.01
lr_warmup_epochs = 3
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    dict(
        type='YOLOWarmupLR',
        bias_lr=0.1,
        end=lr_warmup_epochs,
        convert_to_iter_based=True),
    dict(
        type='LinearMomentum',
        start_factor=0.8 / 0.937,
        end=lr_warmup_epochs,
        convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        eta_min=base_lr * 0.2,
        begin=lr_warmup_epochs,
        end=max_epochs,
        convert_to_iter_based=True),
]
# Those of the base schedule, less the one that switches on a twin.
custom_hooks = [
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=1e-4,
        gamma=2000,
        update_buffers=True,
        strict_load=False,
        priority='ABOVE_NORMAL'),
    dict(type='FiniteLossHook'),
    dict(type='CheckpointGuardHook'),
    dict(type='SkippedImagesHook'),
    dict(type='SyncBuffersHook'),
]

# Data
input_size = (640, 640)
train_pipeline = [
    dict(
        type='PoseMosaicAffine',
        input_size=input_size,
        size_factor={{_base_.largest_stride}},
        on_error='skip'),
    {{_base_.color}},
    {{_base_.flip}},
    {{_base_.drop_unlabelled}},
    {{_base_.encode}},
    {{_base_.pack}},
]
val_pipeline = [
    {{_base_.load}},
    dict(
        type='PoseResize',
        input_size=input_size,
        size_factor={{_base_.largest_stride}}),
    {{_base_.pack_test}},
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
