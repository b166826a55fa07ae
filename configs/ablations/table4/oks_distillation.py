_base_ = '../../sasd_xs_coco.py'

model = dict(head=dict(criterion=dict(loss_skeleton=None)))
