_base_ = '../../_base_/mini.py'

model = dict(weight_sharing=False)
