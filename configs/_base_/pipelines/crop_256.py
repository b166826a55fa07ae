# Crops of 256 pixels, each about a person, at half to one and a half times the
# scale of coco_mini's images (512), the size of the test.
_base_ = './input_512.py'

crop_size = (256, 256)

train_pipeline = [
    dict(type='PoseRandomCrop', input_size=crop_size, on_error='skip'),
    {{_base_.color}},
    {{_base_.flip}},
    {{_base_.drop_unlabelled}},
    {{_base_.encode}},
    {{_base_.pack}},
]
val_pipeline = {{_base_.val_pipeline}}
