# S: the backbone of YOLOv5s, PAN of width 176, for an input of 640.
_base_ = './sasd_xs.py'

width = 176
# Fitted to the 5,115 persons of coco_mini at 640 (sasd anchors).
anchors = [[[47, 64], [37, 98], [55, 149]],
           [[85, 104], [99, 192], [180, 202]],
           [[125, 325], [209, 374], [359, 426]]]

model = dict(
    backbone=dict(
        _delete_=True,
        type='YOLOv5CSPDarknet',
        widen_factor=0.5,
        deepen_factor=0.33),
    neck=dict(
        in_channels=[128, 256, 512], out_channels=width, num_blocks=1),
    head=dict(
        in_channels=width,
        anchors=anchors,
        criterion=dict(loss_obj=dict(loss_weight=1.0))))
