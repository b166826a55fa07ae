# Any size that is a multiple of the largest stride.
_base_ = './pose_onnxruntime_static.py'

onnx_config = dict(dynamic_axes=dict(in0={2: 'height', 3: 'width'}))
