_base_ = [
    './_base_/default_runtime.py', './_base_/models/sasd_xs.py',
    './_base_/schedules/sgd_400e.py', './_base_/pipelines/input_512.py',
    './_base_/data/crowdpose.py'
]

metainfo = dict(from_file='configs/_base_/datasets/crowdpose.py')
# Fitted to the 7,074 labelled persons of CrowdPose val at 512.
anchors = [[[36, 70], [54, 112], [72, 213]],
           [[122, 158], [125, 279], [205, 281]],
           [[143, 413], [225, 420], [311, 328]]]
mean_pose = [[0.12, -0.20], [-0.13, -0.20], [0.17, -0.04], [-0.18, -0.04],
             [0.13, 0.00], [-0.13, -0.01], [0.07, 0.13], [-0.08, 0.13],
             [0.07, 0.24], [-0.07, 0.24], [0.06, 0.41], [-0.07, 0.41],
             [-0.01, -0.45], [-0.01, -0.26]]

model = dict(
    head=dict(metainfo=metainfo, anchors=anchors, mean_pose=mean_pose))
default_hooks = dict(checkpoint=dict(save_best='crowdpose/AP'))

train_dataloader = dict(dataset=dict(pipeline={{_base_.train_pipeline}}))
val_dataloader = dict(dataset=dict(pipeline={{_base_.val_pipeline}}))
test_dataloader = val_dataloader
