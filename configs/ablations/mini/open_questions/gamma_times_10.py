# Ten times the paper's gamma: 0.02 of the mean square is a small pull.
_base_ = '../../_base_/mini.py'

model = dict(loss_distill=dict(loss_weight=0.2))
