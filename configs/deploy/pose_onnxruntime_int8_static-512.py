_base_ = './pose_onnxruntime_int8_static.py'

onnx_config = dict(input_shape=(512, 512))
