_base_ = [
    './litepose.py', '../../../associative_embedding/configs/_base_/input_256.py'
]

model = dict(
    backbone=dict(stem_channels=16, stage_channels=[16, 32, 48, 80]),
    head=dict(
        in_channels=[16, 16, 32, 48, 80], deconv_channels=[16, 24, 24]))
