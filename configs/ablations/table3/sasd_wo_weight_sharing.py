_base_ = '../../sasd_xs_coco.py'

model = dict(weight_sharing=False)
