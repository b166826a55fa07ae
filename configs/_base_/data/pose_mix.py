# coco_mini and pose_mix for training, coco_mini's 320 real images for testing;
# see the folders' own READMEs. An epoch holds all of coco_mini and a share of
# each other source, so that no image comes twice in it: 5,400 images.
_base_ = './coco_mini.py'

mix = dict(
    type='CheckedCocoDataset',
    data_root='{{$SASD_DATA_ROOT:data}}/pose_mix/',
    data_mode='bottomup',
    ann_file='annotations/person_keypoints_train.json',
    data_prefix=dict(img='images/'))
coco_mini = _base_.train_dataloader.dataset
# Several people in scenes of COCO, keypoints by a teacher or COCO's own.
scenes = dict(
    mix,
    filter_cfg=dict(
        filter_empty_gt=True,
        sources=[
            'human_v2_coco', 'coco_train2017_kp', 'coco_train2017_boxes',
            'coco_minicoco'
        ]))
# Smaller images, most of one person.
sports = dict(
    mix,
    filter_cfg=dict(
        filter_empty_gt=True, sources=['lsp', 'parse', 'fashion_hutd']))
more_sports = dict(
    mix, filter_cfg=dict(filter_empty_gt=True, sources=['lsp_extended']))
shares = [1.0, 0.67, 0.33, 0.17]

train_dataloader = dict(
    batch_size=16,
    sampler=dict(_delete_=True, type='ShareSampler', shares=shares),
    dataset=dict(
        _delete_=True,
        type='ConcatDataset',
        # The categories as the files have them; one of them adds the skeleton.
        ignore_keys='CLASSES',
        datasets=[coco_mini, scenes, sports, more_sports]))
