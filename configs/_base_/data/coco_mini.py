# 1,863 and 320 real images of COCO; see the folder's own README.
data_root = '{{$SASD_DATA_ROOT:data}}/coco_mini/'

train_dataloader = dict(
    batch_size=8,
    num_workers=2,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='CheckedCocoDataset',
        data_root=data_root,
        data_mode='bottomup',
        filter_cfg=dict(filter_empty_gt=True),
        ann_file='annotations/person_keypoints_train.json',
        data_prefix=dict(img='images/')))
val_dataloader = dict(
    batch_size=16,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(
        type='CheckedCocoDataset',
        data_root=data_root,
        data_mode='bottomup',
        ann_file='annotations/person_keypoints_val.json',
        data_prefix=dict(img='images/'),
        test_mode=True))
val_cfg = dict()
val_evaluator = dict(
    type='PoseCocoMetric',
    ann_file=data_root + 'annotations/person_keypoints_val.json',
    score_mode='bbox',
    nms_mode='none')

test_dataloader = val_dataloader
test_cfg = dict()
test_evaluator = val_evaluator
