_base_ = './pose_ncnn_static.py'

onnx_config = dict(input_shape=(512, 512))
