_base_ = 'mmpose::_base_/default_runtime.py'

custom_imports = dict(imports=['sasd_mmpose'], allow_failed_imports=False)

default_hooks = dict(
    checkpoint=dict(
        interval=10,
        max_keep_ckpts=3,
        save_best='coco/AP',
        rule='greater'))

# Several GPUs: the auxiliary level has no gradient during the warm-up.
find_unused_parameters = True
sync_bn = 'torch'

# Two input sizes, base and high, never change.
env_cfg = dict(cudnn_benchmark=True)
