_base_ = '../../sasd_xs_coco.py'

model = dict(aux_level=False)
