# One resolution, no twin: the deployed net with its losses.
_base_ = '../../sasd_xs_coco.py'

model = dict(
    _delete_=True,
    type='BottomupPoseEstimator',
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
    neck=_base_.model.neck,
    head=_base_.model.head,
    test_cfg=_base_.model.test_cfg)
