# For drawn people: they fill the input, so no mosaic, and milder gains.
_base_ = './input_512.py'

input_size = (128, 128)

train_pipeline = [
    {{_base_.load_or_skip}},
    dict(
        type='PoseRandomAffine',
        input_size=input_size,
        scale_factor=(0.75, 1.25)),
    {{_base_.color}},
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
