# COCO, the order in which its keypoints are grouped, and the runtime.
_base_ = [
    '../../../../configs/_base_/default_runtime.py',
    '../../../../configs/_base_/data/coco.py'
]

metainfo = dict(from_file='configs/_base_/datasets/coco.py')
# Maps are resized to the input before grouping, whatever its size: only the
# ratio of these two sizes matters.
decoder = dict(
    type='AssociativeEmbedding',
    input_size=(1, 1),
    heatmap_size=(1, 1),
    decode_center_shift=0.5,
    decode_topk=30,
    decode_max_instances=30,
    decode_keypoint_thr=0.1,
    decode_tag_thr=1.0,
    # Head and torso first.
    decode_keypoint_order=[
        0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16
    ])

find_unused_parameters = False
