_base_ = '../../sasd_xs_coco.py'

model = dict(loss_distill=dict(detach_teacher=False))
