_base_ = './input_256.py'

input_size = (640, 640)

train_pipeline = [
    {{_base_.load_or_skip}},
    dict(
        type='BottomupRandomAffine',
        input_size=input_size,
        distribution='uniform',
        shift_factor=0.2,
        scale_factor=(0.75, 1.5),
        scale_type='short',
        rotate_factor=30,
        bbox_keep_corner=False,
        clip_border=True),
    {{_base_.flip}},
    dict(
        type='GenerateTarget',
        multilevel=True,
        encoder=[
            dict(
                type='CellAssociativeEmbedding',
                input_size=input_size,
                heatmap_size=tuple(side // stride for side in input_size),
                sigma=2) for stride in (4, 2)
        ]),
    {{_base_.mask}},
    {{_base_.pack}},
]
val_pipeline = [
    {{_base_.load}},
    dict(
        type='BottomupResize',
        input_size=input_size,
        size_factor=64,
        resize_mode='expand'),
    {{_base_.pack_test}},
]
