_base_ = './input_512.py'

input_size = (1024, 1024)
largest_stride = 64  # of the variant that takes this size, E

train_pipeline = [
    dict(
        type='PoseMosaicAffine',
        input_size=input_size,
        size_factor=largest_stride,
        on_error='skip'),
    {{_base_.color}},
    {{_base_.flip}},
    {{_base_.drop_unlabelled}},
    {{_base_.encode}},
    {{_base_.pack}},
]
val_pipeline = [
    {{_base_.load}},
    dict(
        type='PoseResize',
        input_size=input_size,
        size_factor=largest_stride),
    {{_base_.pack_test}},
]
