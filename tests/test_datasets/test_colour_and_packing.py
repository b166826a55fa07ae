"""The faster colour and packing give what MMPose's do."""
from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from mmpose.registry import TRANSFORMS

META_KEYS = ('img_path', 'flip_indices', 'absent')


@pytest.mark.parametrize('deltas', [(5, 30, 30), (9, 90, 90), (60, 255, 255),
                                    (0, 0, 0)])
def test_colours_are_those_of_mmpose(deltas):
    kwargs = dict(zip(('hue_delta', 'saturation_delta', 'value_delta'), deltas))
    ours = TRANSFORMS.build(dict(type='PoseHSVRandomAug', **kwargs))
    theirs = TRANSFORMS.build(dict(type='YOLOXHSVRandomAug', **kwargs))
    img = np.random.default_rng(0).integers(0, 256, (64, 80, 3), np.uint8)
    for seed in range(60):
        np.random.seed(seed)
        wanted = theirs(dict(img=img.copy()))['img']
        state = np.random.get_state()[1]
        np.random.seed(seed)
        np.testing.assert_array_equal(ours(dict(img=img.copy()))['img'], wanted)
        np.testing.assert_array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize('num_persons', [0, 1, 3])
def test_packed_sample_is_that_of_mmpose(num_persons):
    rng = np.random.default_rng(0)
    n = num_persons
    results = dict(
        img=rng.integers(0, 256, (32, 48, 3), np.uint8), img_path='a.jpg',
        flip_indices=[1, 0], bbox=rng.random((n, 4), np.float32),
        bbox_score=np.ones(n, np.float32), category_id=np.ones(n, np.int64),
        keypoints=rng.random((n, 2, 2), np.float32),
        keypoints_visible=np.ones((n, 2), np.float32),
        area=np.ones(n, np.float32))
    results = TRANSFORMS.build(dict(
        type='GenerateTarget',
        encoder=dict(type='YOLOXPoseAnnotationProcessor')))(results)
    ours, theirs = (
        TRANSFORMS.build(dict(type=type_, meta_keys=META_KEYS))(
            copy.deepcopy(results))
        for type_ in ('PackPoseTargets', 'PackPoseInputs'))
    assert ours.keys() == theirs.keys()
    assert torch.equal(ours['inputs'], theirs['inputs'])
    assert ours['inputs'].is_contiguous()
    a, b = ours['data_samples'], theirs['data_samples']
    assert a.metainfo == b.metainfo
    for part in 'gt_instances', 'gt_instance_labels':
        left, right = a.get(part), b.get(part)
        assert set(left.keys()) == set(right.keys())
        for key, value in right.items():
            assert type(left[key]) is type(value)
            assert left[key].dtype == value.dtype
            assert np.array_equal(left[key], value)
