# Trained as SASD; the auxiliary level stays at inference.
_base_ = '../../_base_/mini.py'

model = dict(pruned_inference=False)
