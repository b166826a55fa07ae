_base_ = './input_512.py'

input_size = (640, 640)

train_pipeline = [
    dict(type='PoseMosaicAffine', input_size=input_size, on_error='skip'),
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
