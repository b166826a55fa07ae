# What all rows of the small comparisons have in common: the recipe for
# coco_mini at a low resolution, with the paper's proportion of 1 to 3 between
# the warm-up and the epochs with the twin.
_base_ = '../../sasd_xs_coco_mini_pretrained.py'

input_size = (128, 128)
warmup_epochs = 6
max_epochs = 24

train_cfg = dict(max_epochs=max_epochs, val_interval=6)
param_scheduler = [
    dict(schedule, end=max_epochs)
    if schedule['end'] == _base_.max_epochs else schedule
    for schedule in _base_.param_scheduler
]
custom_hooks = [
    dict(hook, warmup_epochs=warmup_epochs)
    if hook['type'] == 'SASDStageHook' else hook
    for hook in _base_.custom_hooks
]

# The anchors that were fitted at the other size.
ratio = input_size[0] / _base_.input_size[0]
anchors = [[[round(side * ratio, 1) for side in anchor] for anchor in level]
           for level in _base_.anchors]
model = dict(head=dict(anchors=anchors))

train_pipeline, val_pipeline = ([
    dict(step, **{
        key: input_size
        for key in ('input_size', 'img_scale') if key in step
    }) for step in pipeline
] for pipeline in (_base_.train_pipeline, _base_.val_pipeline))
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
