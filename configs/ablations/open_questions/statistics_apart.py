# Batch norms deploy the statistics of the base resolution alone.
_base_ = '../../sasd_xs_coco.py'

model = dict(shared_statistics=False)
