# Pipelines of associative embedding for a nominal size of 256: training on
# squares cut out at random, testing with the short side at the nominal size
# and the long one padded to a multiple of 64.
input_size = (256, 256)

load = dict(type='LoadPoseImage')
load_or_skip = dict(type='LoadPoseImage', on_error='skip')
flip = dict(type='RandomFlip', prob=0.5)
mask = dict(type='BottomupGetHeatmapMask')
pack = dict(
    type='PackPoseInputs',
    meta_keys=('img_id', 'img_path', 'skipped_images', 'img_shape', 'flip',
               'flip_direction', 'flip_indices'))
# Without "category_id": MMPose's metric would take its list for one number.
pack_test = dict(
    type='PackPoseInputs',
    meta_keys=('id', 'img_id', 'img_path', 'crowd_index', 'ori_shape',
               'img_shape', 'input_size', 'input_center', 'input_scale',
               'flip_indices', 'raw_ann_info', 'dataset_name'))

train_pipeline = [
    load_or_skip,
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
    flip,
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
    mask,
    pack,
]
val_pipeline = [
    load,
    dict(
        type='BottomupResize',
        input_size=input_size,
        size_factor=64,
        resize_mode='expand'),
    pack_test,
]
