# Crops of 320 pixels, each about a person, turned and with its light and colours
# changed. `train_pipeline` keeps about the scale of the test, of images of 512
# pixels; `train_pipeline_small` enlarges smaller images.
_base_ = './input_512.py'

crop_size = (320, 320)
rotate_factor = 20.0
color = dict(
    type='YOLOXHSVRandomAug', hue_delta=9, saturation_delta=60, value_delta=60)
finish = [
    color,
    {{_base_.flip}},
    {{_base_.drop_unlabelled}},
    {{_base_.encode}},
    {{_base_.pack}},
]

train_pipeline = [
    {{_base_.load_or_skip}},
    dict(
        type='PoseRandomCrop',
        input_size=crop_size,
        scale_factor=(0.6, 1.5),
        rotate_factor=rotate_factor,
        fill=True),
    *finish,
]
train_pipeline_small = [
    {{_base_.load_or_skip}},
    dict(
        type='PoseRandomCrop',
        input_size=crop_size,
        scale_factor=(0.6, 2.2),
        rotate_factor=rotate_factor,
        fill=True),
    *finish,
]
val_pipeline = {{_base_.val_pipeline}}
