# XS at 128 pixels on people drawn by a program: all but the schedule.
_base_ = [
    './default_runtime.py', './models/sasd_xs.py', './pipelines/input_128.py',
    './data/synthetic.py'
]
custom_imports = dict(
    imports=['sasd_mmpose.registration', 'projects.synthetic_people'],
    allow_failed_imports=False)

# Of 300 images of the training set (sasd anchors).
anchors = [[[26, 49], [22, 72], [32, 64]],
           [[28, 78], [38, 78], [32, 95]],
           [[48, 74], [43, 98], [54, 99]]]
mean_pose = [[-0.01, -0.39], [0.01, -0.42], [-0.04, -0.42], [0.04, -0.42],
             [-0.08, -0.42], [0.11, -0.30], [-0.14, -0.30], [0.15, -0.15],
             [-0.18, -0.15], [0.12, -0.06], [-0.16, -0.06], [0.06, -0.02],
             [-0.08, -0.02], [0.08, 0.19], [-0.11, 0.19], [0.10, 0.40],
             [-0.12, 0.40]]

# OKS alone learns slowly from little data (docs/paper_notes.md).
loss_distance = dict(type='KeypointDistanceLoss', loss_weight=1.0)
model = dict(
    head=dict(
        criterion=dict(loss_distance=loss_distance),
        anchors=anchors,
        mean_pose=mean_pose))
default_hooks = dict(
    logger=dict(interval=10),
    checkpoint=dict(interval=1, max_keep_ckpts=1, save_best=None))
log_processor = dict(window_size=10)
randomness = dict(seed=0)

train_dataloader = dict(dataset=dict(pipeline={{_base_.train_pipeline}}))
val_dataloader = dict(dataset=dict(pipeline={{_base_.val_pipeline}}))
test_dataloader = val_dataloader
