# P'_i, at half its size, teaches P_i.
_base_ = '../../sasd_xs_coco.py'

model = dict(type='DirectDistiller')
