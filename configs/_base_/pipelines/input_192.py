_base_ = './input_512.py'

# One sample in four is a mosaic: on few cores reading images takes its time.
input_size = (192, 192)

train_pipeline = [
    dict(
        type='PoseMosaicAffine',
        input_size=input_size,
        prob=0.25,
        on_error='skip'),
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
