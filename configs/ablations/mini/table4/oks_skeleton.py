_base_ = '../../_base_/mini.py'

model = dict(loss_distill=None)
