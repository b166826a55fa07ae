# Weights in 16 bits: half the size. Arithmetic stays in 32. Any size that is a
# multiple of the largest stride.
_base_ = './pose_ncnn_static.py'

backend_config = dict(precision='fp16')
onnx_config = dict(dynamic_axes=dict(in0={2: 'height', 3: 'width'}))
