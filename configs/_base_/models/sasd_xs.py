# XS: ShuffleNetV2 1.0x, PAN of width 56. Weights of losses: Eq. 6 of the paper
# for oks (alpha), skeleton (beta) and distill (gamma); YOLO-Pose's gains for
# the others, of which objectness grows with the input's area.
width = 56
strides = [8, 16, 32]
# Fitted to the 5,115 persons of coco_mini at 512 (sasd anchors).
anchors = [[[38, 51], [30, 78], [44, 119]],
           [[68, 83], [79, 154], [144, 162]],
           [[100, 260], [167, 299], [287, 340]]]
metainfo = dict(from_file='configs/_base_/datasets/coco.py')
# Of the same persons: where keypoints start, relative to the box.
mean_pose = [[-0.01, -0.30], [0.01, -0.33], [-0.03, -0.33], [0.03, -0.33],
             [-0.05, -0.33], [0.07, -0.19], [-0.10, -0.18], [0.11, -0.02],
             [-0.14, -0.02], [0.07, 0.01], [-0.09, 0.01], [0.04, 0.12],
             [-0.06, 0.12], [0.03, 0.21], [-0.04, 0.21], [0.03, 0.40],
             [-0.03, 0.40]]

model = dict(
    type='SASDDistiller',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[0, 0, 0],
        std=[255, 255, 255],
        bgr_to_rgb=True),
    backbone=dict(type='PoseShuffleNetV2', widen_factor=1.0),
    neck=dict(
        type='UniformPAFPN', in_channels=[116, 232, 464], out_channels=width),
    head=dict(
        type='YOLOPoseHead',
        in_channels=width,
        anchors=anchors,
        strides=strides,
        metainfo=metainfo,
        mean_pose=mean_pose,
        criterion=dict(
            type='YOLOPoseCriterion',
            assigner=dict(type='YOLOAnchorAssigner', ratio_thr=4.0),
            loss_bbox=dict(type='CIoULoss', loss_weight=0.05),
            loss_obj=dict(type='BCELoss', loss_weight=0.64),
            loss_keypoint_conf=dict(
                type='BCELoss', reduction='none', loss_weight=0.00625),
            loss_oks=dict(
                type='OKSLoss',
                reduction='none',
                norm_target_weight=True,
                loss_weight=0.1),
            loss_skeleton=dict(type='NormalizedSkeletonLoss', loss_weight=0.1),
            obj_level_weights=[4.0, 1.0, 0.4],
            nominal_batch_size=64)),
    loss_distill=dict(type='FeatureAlignmentLoss', loss_weight=0.02),
    test_cfg=dict(
        flip_test=True,
        score_thr=0.001,
        nms_pre=1000,
        nms_thr=0.65,
        max_per_img=100))
