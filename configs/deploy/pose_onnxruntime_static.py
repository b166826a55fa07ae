# The input size of the model's config.
_base_ = './_base_/pose.py'

backend_config = dict(type='onnxruntime', precision='fp32')
