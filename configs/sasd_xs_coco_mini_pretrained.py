# XS on few photographs, from a backbone that has seen COCO. Make it first of
# the folded weights of NanoDet-m (Apache-2.0), nanodet_m.param and .bin:
#   python -m projects.folded_backbone nanodet_m.param nanodet_m.bin \
#       COCO_MINI/images work_dirs/nanodet_backbone.pth \
#       --ann COCO_MINI/annotations/person_keypoints_train.json
_base_ = './sasd_xs_coco_mini.py'

# Fixed, statistics included: too few images to learn better features from,
# and nothing needs to be propagated back through it.
model = dict(
    backbone=dict(
        frozen_stages=3,
        norm_eval=True,
        act_cfg=dict(type='LeakyReLU', negative_slope=0.1, inplace=True),
        init_cfg=dict(
            type='Pretrained',
            checkpoint='work_dirs/nanodet_backbone.pth',
            prefix='backbone.')))
