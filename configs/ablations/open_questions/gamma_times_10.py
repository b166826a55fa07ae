# Ten times the paper's gamma: 0.02 of the mean square is a small pull.
_base_ = '../../sasd_xs_coco.py'

model = dict(loss_distill=dict(loss_weight=0.2))
