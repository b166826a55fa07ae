_base_ = [
    './litepose.py', '../../../associative_embedding/configs/_base_/input_448.py'
]

model = dict(
    backbone=dict(stem_channels=16, stage_channels=[16, 32, 48, 120]),
    head=dict(
        in_channels=[16, 16, 32, 48, 120], deconv_channels=[32, 24, 32]))
