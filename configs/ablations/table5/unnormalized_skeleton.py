# Lengths in cells, whatever the size of the person.
_base_ = '../table4/oks_skeleton.py'

model = dict(head=dict(criterion=dict(loss_skeleton=dict(normalize=False))))
