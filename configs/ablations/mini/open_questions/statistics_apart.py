# Batch norms deploy the statistics of the base resolution alone.
_base_ = '../../_base_/mini.py'

model = dict(shared_statistics=False)
