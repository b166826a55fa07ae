# Not in a folder "datasets": MMPose looks for its own file of that path first
# in the current folder.
# MMPose's usual folders under data/, or wherever SASD_DATA_ROOT points.
data_root = '{{$SASD_DATA_ROOT:data}}/coco/'

train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    persistent_workers=True,
    pin_memory=True,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='CheckedCocoDataset',
        data_root=data_root,
        data_mode='bottomup',
        filter_cfg=dict(filter_empty_gt=True),
        ann_file='annotations/person_keypoints_train2017.json',
        data_prefix=dict(img='train2017/')))
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(
        type='CheckedCocoDataset',
        data_root=data_root,
        data_mode='bottomup',
        ann_file='annotations/person_keypoints_val2017.json',
        data_prefix=dict(img='val2017/'),
        test_mode=True))
val_cfg = dict()
val_evaluator = dict(
    type='PoseCocoMetric',
    ann_file=data_root + 'annotations/person_keypoints_val2017.json',
    score_mode='bbox',
    nms_mode='none')

test_dataloader = val_dataloader
test_cfg = dict()
test_evaluator = val_evaluator
