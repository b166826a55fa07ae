# Both twins, neither skeleton nor distillation loss.
_base_ = '../../_base_/mini.py'

model = dict(loss_distill=None, head=dict(criterion=dict(loss_skeleton=None)))
