# Both twins, neither skeleton nor distillation loss.
_base_ = '../../sasd_xs_coco.py'

model = dict(loss_distill=None, head=dict(criterion=dict(loss_skeleton=None)))
