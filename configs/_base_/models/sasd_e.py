# E: XS as a net of four levels, for an input of 1024.
_base_ = './sasd_xs.py'

strides = [8, 16, 32, 64]
# Fitted to the 5,115 persons of coco_mini at 1024 (sasd anchors).
anchors = [[[52, 146], [84, 110], [87, 202]],
           [[151, 180], [120, 309], [209, 308]],
           [[179, 491], [332, 414], [286, 623]],
           [[458, 579], [469, 801], [677, 706]]]

model = dict(
    backbone=dict(num_extra_stages=1),
    neck=dict(in_channels=[116, 232, 464, 928]),
    head=dict(
        anchors=anchors,
        strides=strides,
        criterion=dict(
            loss_bbox=dict(loss_weight=0.0375),
            loss_obj=dict(loss_weight=1.92),
            loss_keypoint_conf=dict(loss_weight=0.0047),
            obj_level_weights=[4.0, 1.0, 0.25, 0.06])))
