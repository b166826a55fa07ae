_base_ = [
    './_base_/litepose_l.py', '../../associative_embedding/configs/_base_/coco.py'
]
custom_imports = dict(
    imports=['sasd_mmpose.registration', 'projects.litepose'],
    allow_failed_imports=False)

model = dict(
    head=dict(metainfo={{_base_.metainfo}}, decoder={{_base_.decoder}}))
train_dataloader = dict(
    batch_size=16, dataset=dict(pipeline={{_base_.train_pipeline}}))
val_dataloader = dict(
    batch_size=1, dataset=dict(pipeline={{_base_.val_pipeline}}))
test_dataloader = val_dataloader
