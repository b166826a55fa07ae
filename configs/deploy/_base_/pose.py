# What all deploy configs share. Names of inputs and outputs are filled in from
# the model's config, and so is its input size where none is given here.
codebase_config = dict(
    type='mmpose',
    task='OneStagePoseDetection',
    module=['sasd_mmpose.deploy.mmdeploy_task'])
onnx_config = dict(
    type='onnx',
    save_file='end2end.onnx',
    opset_version=11,
    export_params=True,
    keep_initializers_as_inputs=False,
    optimize=False,
    input_shape=None)
