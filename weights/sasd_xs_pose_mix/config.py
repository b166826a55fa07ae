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
auto_scale_lr = dict(base_batch_size=16)
base_lr = 0.002
coco_mini = dict(
    ann_file='annotations/person_keypoints_train.json',
    data_mode='bottomup',
    data_prefix=dict(img='images/'),
    data_root='data/coco_mini/',
    filter_cfg=dict(filter_empty_gt=True),
    type='CheckedCocoDataset')
color = dict(
    hue_delta=9, saturation_delta=60, type='YOLOXHSVRandomAug', value_delta=60)
crop_size = [
    320,
    320,
]
custom_hooks = [
    dict(type='CheckpointGuardHook'),
]
custom_imports = dict(
    allow_failed_imports=False, imports=[
        'sasd_mmpose.registration',
    ])
data_mode = 'bottomup'
data_root = 'data/coco_mini/'
default_hooks = dict(
    checkpoint=dict(
        interval=2,
        max_keep_ckpts=2,
        rule='greater',
        save_best='coco/AP',
        type='CheckpointHook'),
    last_checkpoint=dict(type='LastCheckpointHook'),
    logger=dict(interval=50, type='LoggerHook'),
    param_scheduler=dict(type='ParamSchedulerHook'),
    resume_guard=dict(type='ResumeGuardHook'),
    same_keypoints=dict(type='SameKeypointsHook'),
    sample_seed=dict(type='SampleSeedHook'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    summary=dict(type='RunSummaryHook'),
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
finish = [
    dict(
        hue_delta=9,
        saturation_delta=60,
        type='YOLOXHSVRandomAug',
        value_delta=60),
    dict(prob=0.5, type='RandomFlip'),
    dict(
        by_box=True,
        by_kpt=True,
        keep_empty=False,
        min_gt_bbox_wh=[
            2,
            2,
        ],
        type='FilterAnnotations'),
    dict(
        encoder=dict(type='YOLOXPoseAnnotationProcessor'),
        type='GenerateTarget'),
    dict(
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
        type='PackPoseTargets'),
]
flip = dict(prob=0.5, type='RandomFlip')
full_rate_epochs = 60
input_size = [
    512,
    512,
]
large_images = dict(pipeline=[
    dict(on_error='skip', type='LoadPoseImage'),
    dict(
        fill=True,
        input_size=[
            320,
            320,
        ],
        rotate_factor=20.0,
        scale_factor=[
            0.6,
            1.5,
        ],
        type='PoseRandomCrop'),
    dict(
        hue_delta=9,
        saturation_delta=60,
        type='YOLOXHSVRandomAug',
        value_delta=60),
    dict(prob=0.5, type='RandomFlip'),
    dict(
        by_box=True,
        by_kpt=True,
        keep_empty=False,
        min_gt_bbox_wh=[
            2,
            2,
        ],
        type='FilterAnnotations'),
    dict(
        encoder=dict(type='YOLOXPoseAnnotationProcessor'),
        type='GenerateTarget'),
    dict(
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
        type='PackPoseTargets'),
])
load = dict(type='LoadPoseImage')
load_from = None
load_or_skip = dict(on_error='skip', type='LoadPoseImage')
log_level = 'INFO'
log_processor = dict(
    by_epoch=True, num_digits=6, type='LogProcessor', window_size=50)
max_epochs = 76
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
mix = dict(
    ann_file='annotations/person_keypoints_train.json',
    data_mode='bottomup',
    data_prefix=dict(img='images/'),
    data_root='data/pose_mix/',
    type='CheckedCocoDataset')
model = dict(
    backbone=dict(
        act_cfg=dict(inplace=True, negative_slope=0.1, type='LeakyReLU'),
        frozen_stages=0,
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
more_sports = dict(
    ann_file='annotations/person_keypoints_train.json',
    data_mode='bottomup',
    data_prefix=dict(img='images/'),
    data_root='data/pose_mix/',
    filter_cfg=dict(filter_empty_gt=True, sources=[
        'lsp_extended',
    ]),
    type='CheckedCocoDataset')
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
    type='PackPoseTargets')
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
rotate_factor = 20.0
scenes = dict(
    ann_file='annotations/person_keypoints_train.json',
    data_mode='bottomup',
    data_prefix=dict(img='images/'),
    data_root='data/pose_mix/',
    filter_cfg=dict(
        filter_empty_gt=True,
        sources=[
            'human_v2_coco',
            'coco_train2017_kp',
            'coco_train2017_boxes',
            'coco_minicoco',
        ]),
    type='CheckedCocoDataset')
shares = [
    1.0,
    0.67,
    0.33,
    0.17,
]
small_images = dict(pipeline=[
    dict(on_error='skip', type='LoadPoseImage'),
    dict(
        fill=True,
        input_size=[
            320,
            320,
        ],
        rotate_factor=20.0,
        scale_factor=[
            0.6,
            2.2,
        ],
        type='PoseRandomCrop'),
    dict(
        hue_delta=9,
        saturation_delta=60,
        type='YOLOXHSVRandomAug',
        value_delta=60),
    dict(prob=0.5, type='RandomFlip'),
    dict(
        by_box=True,
        by_kpt=True,
        keep_empty=False,
        min_gt_bbox_wh=[
            2,
            2,
        ],
        type='FilterAnnotations'),
    dict(
        encoder=dict(type='YOLOXPoseAnnotationProcessor'),
        type='GenerateTarget'),
    dict(
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
        type='PackPoseTargets'),
])
sports = dict(
    ann_file='annotations/person_keypoints_train.json',
    data_mode='bottomup',
    data_prefix=dict(img='images/'),
    data_root='data/pose_mix/',
    filter_cfg=dict(
        filter_empty_gt=True, sources=[
            'lsp',
            'parse',
            'fashion_hutd',
        ]),
    type='CheckedCocoDataset')
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
train_pipeline_small = [
    dict(on_error='skip', type='LoadPoseImage'),
    dict(
        fill=True,
        input_size=[
            320,
            320,
        ],
        rotate_factor=20.0,
        scale_factor=[
            0.6,
            2.2,
        ],
        type='PoseRandomCrop'),
    dict(
        hue_delta=9,
        saturation_delta=60,
        type='YOLOXHSVRandomAug',
        value_delta=60),
    dict(prob=0.5, type='RandomFlip'),
    dict(
        by_box=True,
        by_kpt=True,
        keep_empty=False,
        min_gt_bbox_wh=[
            2,
            2,
        ],
        type='FilterAnnotations'),
    dict(
        encoder=dict(type='YOLOXPoseAnnotationProcessor'),
        type='GenerateTarget'),
    dict(
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
        type='PackPoseTargets'),
]
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
width = 56
