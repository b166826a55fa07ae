# YOLO-Pose-S on few images: it shows that it learns, not how good it is.
_base_ = [
    './_base_/yolo_pose_s.py', '../../../configs/_base_/default_runtime.py',
    '../../../configs/_base_/schedules/adamw_small.py',
    '../../../configs/_base_/pipelines/input_192.py',
    '../../../configs/_base_/data/coco_mini.py'
]

custom_imports = dict(
    imports=['sasd_mmpose.registration', 'projects.yolo_pose'],
    allow_failed_imports=False)

# Those for 640, at 192.
anchors = [[[10, 28], [15, 20], [16, 39]],
           [[27, 35], [23, 60], [38, 55]],
           [[36, 87], [60, 77], [56, 119]],
           [[84, 105], [86, 159], [128, 143]]]
# OKS alone learns slowly from little data (docs/paper_notes.md).
loss_distance = dict(type='KeypointDistanceLoss', loss_weight=2.0)
model = dict(
    head=dict(
        anchors=anchors,
        criterion=dict(
            loss_oks=dict(loss_weight=0.5), loss_distance=loss_distance)))
randomness = dict(seed=0)

train_dataloader = dict(dataset=dict(pipeline={{_base_.train_pipeline}}))
val_dataloader = dict(dataset=dict(pipeline={{_base_.val_pipeline}}))
test_dataloader = val_dataloader
