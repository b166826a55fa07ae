# P'_i, at half its size, teaches P_i.
_base_ = '../../_base_/mini.py'

model = dict(type='DirectDistiller')
