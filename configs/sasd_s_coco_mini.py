# S on few photographs: for tools that need a config with real images.
_base_ = [
    './_base_/default_runtime.py', './_base_/models/sasd_s.py',
    './_base_/schedules/adamw_small.py', './_base_/pipelines/input_192.py',
    './_base_/data/coco_mini.py'
]

# Those of 640, at 192.
ratio = 192 / 640
anchors = [[[round(side * ratio) for side in anchor] for anchor in level]
           for level in _base_.anchors]
# OKS alone learns slowly from little data (docs/paper_notes.md).
loss_distance = dict(type='KeypointDistanceLoss', loss_weight=1.0)
model = dict(
    head=dict(criterion=dict(loss_distance=loss_distance), anchors=anchors))
default_hooks = dict(checkpoint=dict(interval=1, max_keep_ckpts=2))
randomness = dict(seed=0)

train_dataloader = dict(dataset=dict(pipeline={{_base_.train_pipeline}}))
val_dataloader = dict(dataset=dict(pipeline={{_base_.val_pipeline}}))
test_dataloader = val_dataloader
