# Eq. 1 to the letter: the norm of each picture's difference, not its mean square.
_base_ = '../../sasd_xs_coco.py'

model = dict(loss_distill=dict(distance='l2'))
