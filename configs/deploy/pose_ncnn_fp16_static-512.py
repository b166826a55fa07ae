# Weights in 16 bits: half the size. Arithmetic stays in 32.
_base_ = './pose_ncnn_static.py'

backend_config = dict(precision='fp16')
onnx_config = dict(input_shape=(512, 512))
