_base_ = [
    './_base_/default_runtime.py', './_base_/models/sasd_e.py',
    './_base_/schedules/sgd_400e.py', './_base_/pipelines/input_1024.py',
    './_base_/data/coco.py'
]

train_dataloader = dict(dataset=dict(pipeline={{_base_.train_pipeline}}))
val_dataloader = dict(dataset=dict(pipeline={{_base_.val_pipeline}}))
test_dataloader = val_dataloader
