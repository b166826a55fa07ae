# Calibrated on images of the training set; heads stay in float.
_base_ = './pose_onnxruntime_static.py'

backend_config = dict(precision='int8', calibration_images=128)
onnx_config = dict(opset_version=13, input_shape=(512, 512))
