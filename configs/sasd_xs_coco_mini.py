# A run of an hour or two on 2 CPU cores, from scratch, on few images: it
# shows that training works on photographs, not how good the method is.
_base_ = [
    './_base_/default_runtime.py', './_base_/models/sasd_xs.py',
    './_base_/schedules/adamw_small.py', './_base_/pipelines/input_192.py',
    './_base_/data/coco_mini.py'
]

# Fitted to the 5,115 persons of coco_mini at 192 (sasd anchors).
anchors = [[[12, 19], [13, 32], [22, 28]],
           [[17, 48], [32, 49], [32, 83]],
           [[61, 72], [55, 117], [105, 134]]]

# OKS alone learns slowly from little data (docs/paper_notes.md).
loss_distance = dict(type='KeypointDistanceLoss', loss_weight=1.0)
model = dict(
    head=dict(
        criterion=dict(loss_distance=loss_distance),
        anchors=anchors))
default_hooks = dict(checkpoint=dict(interval=1, max_keep_ckpts=2))
randomness = dict(seed=0)

train_dataloader = dict(dataset=dict(pipeline={{_base_.train_pipeline}}))
val_dataloader = dict(dataset=dict(pipeline={{_base_.val_pipeline}}))
test_dataloader = val_dataloader
