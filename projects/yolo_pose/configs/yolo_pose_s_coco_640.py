# YOLO-Pose with the backbone of YOLOv5s6, for an input of 640.
_base_ = [
    '../../../configs/_base_/default_runtime.py',
    '../../../configs/_base_/schedules/sgd_400e.py',
    '../../../configs/_base_/pipelines/input_640.py',
    '../../../configs/_base_/data/coco.py'
]

custom_imports = dict(
    imports=['sasd_mmpose', 'projects.yolo_pose'],
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

# Model
input_size = (640, 640)
largest_stride = 64
strides = [8, 16, 32, 64]
widths = [128, 256, 384, 512]
# Fitted to the 5,115 persons of coco_mini at 640 (tools/fit_anchors.py).
anchors = [[[33, 92], [51, 66], [54, 129]],
           [[91, 115], [76, 201], [128, 184]],
           [[120, 289], [201, 255], [186, 396]],
           [[281, 350], [287, 530], [428, 477]]]
metainfo = dict(from_file='configs/_base_/datasets/coco.py')
mean_pose = [[-0.01, -0.30], [0.01, -0.33], [-0.03, -0.33], [0.03, -0.33],
             [-0.05, -0.33], [0.07, -0.19], [-0.10, -0.18], [0.11, -0.02],
             [-0.14, -0.02], [0.07, 0.01], [-0.09, 0.01], [0.04, 0.12],
             [-0.06, 0.12], [0.03, 0.21], [-0.04, 0.21], [0.03, 0.40],
             [-0.03, 0.40]]

model = dict(
    type='BottomupPoseEstimator',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[0, 0, 0],
        std=[255, 255, 255],
        bgr_to_rgb=True),
    backbone=dict(type='P6CSPDarknet', widen_factor=0.5, deepen_factor=0.33),
    neck=dict(type='P6PAFPN', in_channels=widths),
    head=dict(
        type='DepthwiseYOLOPoseHead',
        in_channels=widths,
        anchors=anchors,
        strides=strides,
        metainfo=metainfo,
        mean_pose=mean_pose,
        # Gains of four levels at 640: three quarters of those of three.
        criterion=dict(
            type='YOLOPoseCriterion',
            assigner=dict(type='YOLOAnchorAssigner', ratio_thr=4.0),
            loss_bbox=dict(type='CIoULoss', loss_weight=0.0375),
            loss_obj=dict(type='BCELoss', loss_weight=0.75),
            loss_keypoint_conf=dict(
                type='BCELoss', reduction='none', loss_weight=0.0047),
            loss_oks=dict(
                type='OKSLoss',
                reduction='none',
                norm_target_weight=True,
                loss_weight=0.1),
            obj_level_weights=[4.0, 1.0, 0.25, 0.06],
            nominal_batch_size=64)),
    test_cfg=dict(
        flip_test=False,
        score_thr=0.001,
        nms_pre=1000,
        nms_thr=0.65,
        max_per_img=100))

# Data
train_pipeline = [
    {{_base_.load_or_skip}},
    dict(
        type='PoseMosaic',
        img_scale=input_size,
        pre_transform=[{{_base_.load_or_skip}}]),
    dict(
        type='PoseRandomAffine',
        input_size=input_size,
        size_factor=largest_stride),
    {{_base_.color}},
    {{_base_.flip}},
    {{_base_.drop_unlabelled}},
    {{_base_.encode}},
    {{_base_.pack}},
]
val_pipeline = [
    {{_base_.load}},
    dict(
        type='PoseResize', input_size=input_size, size_factor=largest_stride),
    {{_base_.pack_test}},
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
