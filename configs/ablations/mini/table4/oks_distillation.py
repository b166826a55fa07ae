_base_ = '../../_base_/mini.py'

model = dict(head=dict(criterion=dict(loss_skeleton=None)))
