# Eq. 1 to the letter: the norm of each picture's difference, not its mean square.
_base_ = '../../_base_/mini.py'

model = dict(loss_distill=dict(distance='l2'))
