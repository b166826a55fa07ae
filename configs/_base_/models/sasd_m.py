# M: the backbone of YOLOv5m, PAN of width 256.
_base_ = './sasd_s.py'

width = 256

model = dict(
    backbone=dict(widen_factor=0.75, deepen_factor=0.67),
    neck=dict(
        in_channels=[192, 384, 768], out_channels=width, num_blocks=2),
    head=dict(in_channels=width))
