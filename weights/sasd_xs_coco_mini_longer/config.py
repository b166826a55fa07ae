anchors = [
    [
        [
            38,
            51,
        ],
        [
            30,
            78,
        ],
        [
            44,
            119,
        ],
    ],
    [
        [
            68,
            83,
        ],
        [
            79,
            154,
        ],
        [
            144,
            162,
        ],
    ],
    [
        [
            100,
            260,
        ],
        [
            167,
            299,
        ],
        [
            287,
            340,
        ],
    ],
]
auto_scale_lr = dict(base_batch_size=8)
base_lr = 0.002
color = dict(
    hue_delta=9, saturation_delta=90, type='YOLOXHSVRandomAug', value_delta=90)
crop = dict(
    fill=True,
    input_size=[
        384,
        384,
    ],
    rotate_factor=20.0,
    scale_factor=[
        0.7,
        1.4,
    ],
    type='PoseRandomCrop')
crop_size = [
    384,
    384,
]
custom_hooks = [
    dict(type='CheckpointGuardHook'),
]
custom_imports = dict(
    allow_failed_imports=False, imports=['sasd_mmpose.registration',
    ])
data_mode = 'bottomup'
data_root = 'data/coco_mini/'
default_hooks = dict(
    checkpoint=dict(
        interval=1,
        max_keep_ckpts=2,
        rule='greater',
        save_best='coco/AP',
        type='CheckpointHook'),
    logger=dict(interval=50, type='LoggerHook'),
    param_scheduler=dict(type='ParamSchedulerHook'),
    sample_seed=dict(type='SampleSeedHook'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    timer=dict(type='IterTimerHook'),
    visualization=dict(enable=False, type='PoseVisualizationHook'))
default_scope = 'mmpose'
drop_unlabelled = dict(
    by_box=True,
    by_kpt=True,
    keep_empty=False,
    min_gt_bbox_wh=[
        2,
        2,
    ],
    type='FilterAnnotations')
encode = dict(
    encoder=dict(type='YOLOXPoseAnnotationProcessor'), type='GenerateTarget')
env_cfg = dict(
    cudnn_benchmark=True,
    dist_cfg=dict(backend='nccl'),
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0))
find_unused_parameters = True
flip = dict(prob=0.5, type='RandomFlip')
input_size = [
    512,
    512,
]
load = dict(type='LoadPoseImage')
load_from = None
load_or_skip = dict(on_error='skip', type='LoadPoseImage')
log_level = 'INFO'
log_processor = dict(
    by_epoch=True, num_digits=6, type='LogProcessor', window_size=50)
loss_distance = dict(loss_weight=3.0, type='KeypointDistanceLoss')
max_epochs = 44
mean_pose = [
    [
        -0.01,
        -0.3,
    ],
    [
        0.01,
        -0.33,
    ],
    [
        -0.03,
        -0.33,
    ],
    [
        0.03,
        -0.33,
    ],
    [
        -0.05,
        -0.33,
    ],
    [
        0.07,
        -0.19,
    ],
    [
        -0.1,
        -0.18,
    ],
    [
        0.11,
        -0.02,
    ],
    [
        -0.14,
        -0.02,
    ],
    [
        0.07,
        0.01,
    ],
    [
        -0.09,
        0.01,
    ],
    [
        0.04,
        0.12,
    ],
    [
        -0.06,
        0.12,
    ],
    [
        0.03,
        0.21,
    ],
    [
        -0.04,
        0.21,
    ],
    [
        0.03,
        0.4,
    ],
    [
        -0.03,
        0.4,
    ],
]
metainfo = dict(from_file='configs/_base_/datasets/coco.py')
model = dict(
    backbone=dict(
        act_cfg=dict(inplace=True, negative_slope=0.1, type='LeakyReLU'),
        frozen_stages=1,
        norm_eval=True,
        type='PoseShuffleNetV2',
        widen_factor=1.0),
    data_preprocessor=dict(
        bgr_to_rgb=True,
        mean=[
            0,
            0,
            0,
        ],
        std=[
            255,
            255,
            255,
        ],
        type='PoseDataPreprocessor'),
    head=dict(
        anchors=[
            [
                [
                    38,
                    51,
                ],
                [
                    30,
                    78,
                ],
                [
                    44,
                    119,
                ],
            ],
            [
                [
                    68,
                    83,
                ],
                [
                    79,
                    154,
                ],
                [
                    144,
                    162,
                ],
            ],
            [
                [
                    100,
                    260,
                ],
                [
                    167,
                    299,
                ],
                [
                    287,
                    340,
                ],
            ],
        ],
        in_channels=56,
        mean_pose=[
            [
                -0.01,
                -0.3,
            ],
            [
                0.01,
                -0.33,
            ],
            [
                -0.03,
                -0.33,
            ],
            [
                0.03,
                -0.33,
            ],
            [
                -0.05,
                -0.33,
            ],
            [
                0.07,
                -0.19,
            ],
            [
                -0.1,
                -0.18,
            ],
            [
                0.11,
                -0.02,
            ],
            [
                -0.14,
                -0.02,
            ],
            [
                0.07,
                0.01,
            ],
            [
                -0.09,
                0.01,
            ],
            [
                0.04,
                0.12,
            ],
            [
                -0.06,
                0.12,
            ],
            [
                0.03,
                0.21,
            ],
            [
                -0.04,
                0.21,
            ],
            [
                0.03,
                0.4,
            ],
            [
                -0.03,
                0.4,
            ],
        ],
        metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
        strides=[
            8,
            16,
            32,
        ],
        type='YOLOPoseHead'),
    neck=dict(
        in_channels=[
            116,
            232,
            464,
        ], out_channels=56, type='UniformPAFPN'),
    test_cfg=dict(
        flip_test=True,
        max_per_img=100,
        nms_pre=1000,
        nms_thr=0.65,
        score_thr=0.001),
    type='BottomupPoseEstimator')
pack = dict(
    meta_keys=[
        'img_id',
        'img_path',
        'mosaic_img_paths',
        'skipped_images',
        'img_shape',
        'flip',
        'flip_direction',
        'flip_indices',
    ],
    type='PackPoseInputs')
pack_test = dict(
    meta_keys=[
        'id',
        'img_id',
        'img_path',
        'crowd_index',
        'ori_shape',
        'img_shape',
        'input_size',
        'input_center',
        'input_scale',
        'flip_indices',
        'raw_ann_info',
        'dataset_name',
    ],
    type='PackPoseInputs')
randomness = dict(seed=0)
resume = False
scale_factor = [
    0.5,
    1.25,
]
strides = [
    8,
    16,
    32,
]
sync_bn = 'torch'
test_cfg = dict()
test_dataloader = dict(
    batch_size=16,
    dataset=dict(
        ann_file='annotations/person_keypoints_val.json',
        data_mode='bottomup',
        data_prefix=dict(img='images/'),
        data_root='data/coco_mini/',
        pipeline=[
            dict(type='LoadPoseImage'),
            dict(input_size=[
                512,
                512,
            ], type='PoseResize'),
            dict(
                meta_keys=[
                    'id',
                    'img_id',
                    'img_path',
                    'crowd_index',
                    'ori_shape',
                    'img_shape',
                    'input_size',
                    'input_center',
                    'input_scale',
                    'flip_indices',
                    'raw_ann_info',
                    'dataset_name',
                ],
                type='PackPoseInputs'),
        ],
        test_mode=True,
        type='CheckedCocoDataset'),
    num_workers=2,
    persistent_workers=True,
    sampler=dict(round_up=False, shuffle=False, type='DefaultSampler'))
test_evaluator = dict(
    ann_file='data/coco_mini/annotations/person_keypoints_val.json',
    nms_mode='none',
    score_mode='bbox',
    type='PoseCocoMetric')
val_pipeline = [
    dict(type='LoadPoseImage'),
    dict(input_size=[
        512,
        512,
    ], type='PoseResize'),
    dict(
        meta_keys=[
            'id',
            'img_id',
            'img_path',
            'crowd_index',
            'ori_shape',
            'img_shape',
            'input_size',
            'input_center',
            'input_scale',
            'flip_indices',
            'raw_ann_info',
            'dataset_name',
        ],
        type='PackPoseInputs'),
]
vis_backends = [
    dict(type='LocalVisBackend'),
]
visualizer = dict(
    type='PoseLocalVisualizer', vis_backends=[
        dict(type='LocalVisBackend'),
    ])
warmup_epochs = 22
width = 56
