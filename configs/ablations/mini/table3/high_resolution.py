# Trained at twice the base resolution, on the very input that SASD's twin gets.
_base_ = './baseline.py'

model = dict(
    data_preprocessor=dict(batch_augments=[
        dict(type='BatchRandomScale', scale_range=(2, 2))
    ]))
