# For drawn people, whose images have the size of the input already: no
# mosaic, which would halve them, and little warping.
_base_ = './input_512.py'

input_size = (128, 128)

train_pipeline = [
    dict(
        type='PoseRandomAffine',
        input_size=input_size,
        shift_factor=0.05,
        scale_factor=(0.9, 1.1),
        on_error='skip'),
    {{_base_.flip}},
    {{_base_.drop_unlabelled}},
    {{_base_.encode}},
    {{_base_.pack}},
]
val_pipeline = [
    {{_base_.load}},
    dict(type='PoseResize', input_size=input_size),
    {{_base_.pack_test}},
]
