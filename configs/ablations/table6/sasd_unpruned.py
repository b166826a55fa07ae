# Trained as SASD; the auxiliary level stays at inference.
_base_ = '../../sasd_xs_coco.py'

model = dict(pruned_inference=False)
