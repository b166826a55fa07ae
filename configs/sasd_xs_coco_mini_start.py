# Where the small comparisons (configs/ablations/mini) start from: the net
# without its twin, trained for a test at 256 at all scales that their rows see.
#   python tools/train.py configs/sasd_xs_coco_mini_start.py
_base_ = './sasd_xs_coco_mini_crops.py'

input_size = (256, 256)  # of the test, on whole pictures
scale_factor = (0.25, 1.0)
max_epochs = 24
warmup_epochs = max_epochs

train_cfg = dict(max_epochs=max_epochs)
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

# The anchors that were fitted at 512.
anchors = [[[side / 2 for side in anchor] for anchor in level]
           for level in _base_.anchors]
model = dict(head=dict(anchors=anchors))

train_pipeline = [
    dict(step, scale_factor=scale_factor)
    if step['type'] == 'PoseRandomCrop' else step
    for step in _base_.train_pipeline
]
val_pipeline = [
    dict(step, input_size=input_size) if step['type'] == 'PoseResize' else step
    for step in _base_.val_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
