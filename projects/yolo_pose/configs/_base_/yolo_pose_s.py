# YOLO-Pose with the backbone of YOLOv5s6.
strides = [8, 16, 32, 64]
largest_stride = 64
widths = [128, 256, 384, 512]
# Fitted to the 5,115 persons of coco_mini at 640 (sasd anchors).
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
