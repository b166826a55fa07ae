_base_ = '../../_base_/mini.py'

model = dict(aux_level=False)
