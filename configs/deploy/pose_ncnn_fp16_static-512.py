# Weights in 16 bits: half the size. Arithmetic is in 16 bits where a processor
# has it, and in 32 elsewhere.
_base_ = './pose_ncnn_static-512.py'

backend_config = dict(precision='fp16')
