# What projects/benchmark compares. Configs are files of this repository, or
# those of MMPose's package ("mmpose::"). Sizes are (width, height).
# Grouping without torch, for a fair time.
grouping = 'projects.associative_embedding.runtime.AERuntime'

models = dict(
    sasd_xs=dict(config='configs/sasd_xs_coco.py', input_size=(512, 512)),
    sasd_e=dict(config='configs/sasd_e_coco.py', input_size=(1024, 1024)),
    sasd_s=dict(config='configs/sasd_s_coco.py', input_size=(640, 640)),
    sasd_m=dict(config='configs/sasd_m_coco.py', input_size=(640, 640)),
    sasd_l=dict(config='configs/sasd_l_coco.py', input_size=(640, 640)),
    # By the short side, as these are evaluated: 256, 448 or 512 pixels, the
    # long one of a 4:3 image up to a multiple of 64.
    litepose_xs=dict(
        config='projects/litepose/configs/litepose_xs_coco.py',
        input_size=(384, 256),
        stages=grouping),
    litepose_s=dict(
        config='projects/litepose/configs/litepose_s_coco.py',
        input_size=(640, 448),
        stages=grouping),
    litepose_m=dict(
        config='projects/litepose/configs/litepose_m_coco.py',
        input_size=(640, 448),
        stages=grouping),
    litepose_l=dict(
        config='projects/litepose/configs/litepose_l_coco.py',
        input_size=(704, 512),
        stages=grouping),
    higherhrnet_w32=dict(
        config='projects/higherhrnet/configs/higherhrnet_w32_coco.py',
        input_size=(704, 512),
        stages=grouping),
    yolo_pose_s=dict(
        config='projects/yolo_pose/configs/yolo_pose_s_coco_640.py',
        input_size=(640, 640)),
    yolox_pose_tiny=dict(
        config='mmpose::body_2d_keypoint/yoloxpose/coco/'
        'yoloxpose_tiny_4xb64-300e_coco-416.py',
        input_size=(416, 416)),
    yolox_pose_s=dict(
        config='mmpose::body_2d_keypoint/yoloxpose/coco/'
        'yoloxpose_s_8xb32-300e_coco-640.py',
        input_size=(640, 640)),
    rtmo_t=dict(
        config='mmpose::body_2d_keypoint/rtmo/body7/'
        'rtmo-t_8xb32-600e_body7-416x416.py',
        input_size=(416, 416)),
    rtmo_s=dict(
        config='mmpose::body_2d_keypoint/rtmo/coco/'
        'rtmo-s_8xb32-600e_coco-640x640.py',
        input_size=(640, 640)),
)

# Ratios of times, "model.stage"; the stages are preprocess, net, decode and
# whole. The first is the paper's 24 ms against 27 ms.
ratios = [
    dict(of='sasd_xs.whole', to='litepose_xs.whole', at_most=0.89),
    dict(of='sasd_xs.whole', to='yolo_pose_s.whole', at_most=0.2),
    dict(of='sasd_e.whole', to='litepose_s.whole', at_most=1.0),
    dict(of='sasd_xs.whole', to='sasd_xs.net', at_most=1.1),
    # Without what surrounds the nets.
    dict(of='sasd_xs.net', to='litepose_xs.net'),
    dict(of='sasd_xs.net', to='yolo_pose_s.net'),
    dict(of='sasd_e.net', to='litepose_s.net'),
]
