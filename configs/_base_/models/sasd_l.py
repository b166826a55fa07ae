# L: the backbone of YOLOv5l, PAN of width 364.
_base_ = './sasd_s.py'

width = 364

model = dict(
    backbone=dict(widen_factor=1.0, deepen_factor=1.0),
    neck=dict(
        in_channels=[256, 512, 1024], out_channels=width, num_blocks=3),
    head=dict(in_channels=width))
