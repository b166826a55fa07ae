# YOLO-Pose-S for an input of 960, at which most of its figures are given.
_base_ = './yolo_pose_s_coco_640.py'

input_size = (960, 960)
# Fitted to the 5,115 persons of coco_mini at 960 (sasd anchors).
anchors = [[[50, 138], [77, 99], [82, 193]],
           [[137, 172], [115, 301], [192, 275]],
           [[180, 433], [302, 383], [279, 594]],
           [[421, 526], [431, 795], [643, 716]]]

# The gain of objectness grows with the area of the input.
model = dict(
    head=dict(
        anchors=anchors, criterion=dict(loss_obj=dict(loss_weight=1.6875))))

train_pipeline = [
    {{_base_.load_or_skip}},
    dict(
        type='PoseMosaic',
        img_scale=input_size,
        pre_transform=[{{_base_.load_or_skip}}]),
    dict(
        type='PoseRandomAffine',
        input_size=input_size,
        size_factor={{_base_.largest_stride}}),
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
