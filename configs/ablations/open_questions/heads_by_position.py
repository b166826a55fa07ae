# P'_(i+1) goes through the head of P_i.
_base_ = '../../sasd_xs_coco.py'

model = dict(heads_by_position=True)
