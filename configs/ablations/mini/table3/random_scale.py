# Each batch at a size of its own, 0.5 to 1.5 times the base resolution.
_base_ = './baseline.py'

model = dict(
    data_preprocessor=dict(batch_augments=[
        dict(type='BatchRandomScale', scale_range=(0.5, 1.5))
    ]))
