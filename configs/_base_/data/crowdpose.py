# The paper's protocol: trained on train and val, tested on test.
data_root = '{{$SASD_DATA_ROOT:data}}/crowdpose/'

train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    persistent_workers=True,
    pin_memory=True,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='CheckedCrowdPoseDataset',
        data_root=data_root,
        data_mode='bottomup',
        filter_cfg=dict(filter_empty_gt=True),
        ann_file='annotations/mmpose_crowdpose_trainval.json',
        data_prefix=dict(img='images/')))
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(
        type='CheckedCrowdPoseDataset',
        data_root=data_root,
        data_mode='bottomup',
        ann_file='annotations/mmpose_crowdpose_test.json',
        data_prefix=dict(img='images/'),
        test_mode=True))
val_cfg = dict()
val_evaluator = dict(
    type='PoseCocoMetric',
    ann_file=data_root + 'annotations/mmpose_crowdpose_test.json',
    iou_type='keypoints_crowd',
    use_area=False,
    score_mode='bbox',
    nms_mode='none',
    prefix='crowdpose')

test_dataloader = val_dataloader
test_cfg = dict()
test_evaluator = val_evaluator
