# Mosaic of four images, shift of 10 %, gain of 0.5 to 1.5, colour, flip.
# Test: long side resized, padded to a square.
input_size = (512, 512)

load = dict(type='LoadPoseImage')
load_or_skip = dict(type='LoadPoseImage', on_error='skip')
color = dict(type='PoseHSVRandomAug')
flip = dict(type='RandomFlip', prob=0.5)
drop_unlabelled = dict(
    type='FilterAnnotations',
    by_box=True,
    by_kpt=True,
    min_gt_bbox_wh=(2, 2),
    keep_empty=False)
encode = dict(
    type='GenerateTarget', encoder=dict(type='YOLOXPoseAnnotationProcessor'))
pack = dict(
    type='PackPoseTargets',
    meta_keys=('img_id', 'img_path', 'mosaic_img_paths', 'skipped_images',
               'img_shape', 'flip', 'flip_direction', 'flip_indices'))
# Without "category_id": MMPose's metric would take its list for one number.
pack_test = dict(
    type='PackPoseInputs',
    meta_keys=('id', 'img_id', 'img_path', 'crowd_index', 'ori_shape',
               'img_shape', 'input_size', 'input_center', 'input_scale',
               'flip_indices', 'raw_ann_info', 'dataset_name'))

train_pipeline = [
    dict(type='PoseMosaicAffine', input_size=input_size, on_error='skip'),
    color,
    flip,
    drop_unlabelled,
    encode,
    pack,
]
val_pipeline = [
    load,
    dict(type='PoseResize', input_size=input_size),
    pack_test,
]
