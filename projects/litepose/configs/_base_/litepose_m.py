_base_ = [
    './litepose.py', '../../../associative_embedding/configs/_base_/input_448.py'
]

model = dict(
    backbone=dict(stem_channels=16, stage_channels=[24, 48, 72, 120]),
    head=dict(
        in_channels=[16, 24, 48, 72, 120], deconv_channels=[64, 40, 32]))
