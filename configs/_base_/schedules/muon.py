# Muon for the matrices of neck, head and backbone, AdamW for the rest.
base_lr = 2e-3

optim_wrapper = dict(
    type='OptimWrapper',
    constructor='MergedOptimWrapperConstructor',
    optimizer=dict(
        type='MuonAdamW', lr=base_lr, weight_decay=0.05, fused=True),
    clip_grad=dict(max_norm=35.0),
    # The matrices of SPPF are so large that Muon takes too long for them.
    paramwise_cfg=dict(
        norm_decay_mult=0,
        bias_decay_mult=0,
        custom_keys={
            '.out.weight': dict(orthogonal=False),
            'neck.sppf': dict(orthogonal=False),
            'backbone': dict(lr_mult=0.3),
        }))
