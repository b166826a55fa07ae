_base_ = [
    './litepose.py', '../../../associative_embedding/configs/_base_/input_512.py'
]

model = dict(
    backbone=dict(stem_channels=24, stage_channels=[24, 64, 96, 160]),
    head=dict(
        in_channels=[24, 24, 64, 96, 160], deconv_channels=[64, 40, 32]))
