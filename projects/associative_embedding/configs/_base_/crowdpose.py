# CrowdPose, the order in which its keypoints are grouped, and the runtime.
_base_ = [
    '../../../../configs/_base_/default_runtime.py',
    '../../../../configs/_base_/data/crowdpose.py'
]

metainfo = dict(from_file='configs/_base_/datasets/crowdpose.py')
# See coco.py. The order is that of the original code: COCO's, cut to 14.
decoder = dict(
    type='AssociativeEmbedding',
    input_size=(1, 1),
    heatmap_size=(1, 1),
    decode_center_shift=0.5,
    decode_topk=30,
    decode_max_instances=30,
    decode_keypoint_thr=0.1,
    decode_tag_thr=1.0,
    decode_keypoint_order=[0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13])

default_hooks = dict(checkpoint=dict(save_best='crowdpose/AP'))
find_unused_parameters = False
