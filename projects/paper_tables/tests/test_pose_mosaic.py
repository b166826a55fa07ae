"""Labels follow the pixels through the mosaic and the whole pipeline after it."""
from __future__ import annotations

import numpy as np
import pytest
from mmengine.registry import DefaultScope
from mmpose.registry import TRANSFORMS
from ramps import META, SIDE, K, Ramps, assert_on_pixels, label_errors

from projects.paper_tables.variants import PoseMosaic
from sasd_mmpose import InputError
from sasd_mmpose.datasets import LoadPoseImage, PoseRandomAffine


def make_mosaic(**kwargs) -> PoseMosaic:
    kwargs = dict(img_scale=(SIDE, SIDE), pad_val=114.,
                  pre_transform=[LoadPoseImage(on_error='skip')]) | kwargs
    return PoseMosaic(**kwargs)


@pytest.mark.parametrize('axis', [0, 1])
def test_mosaic_keeps_labels_on_pixels(axis):
    data, mosaic, errors = Ramps(axis), make_mosaic(), []
    np.random.seed(1)
    for i in range(60):
        results = mosaic(data.start(i % len(data)))
        assert results['img'].shape == (2 * SIDE, 2 * SIDE, 3)
        assert results['img'].dtype == np.uint8
        assert results['img_shape'] == (2 * SIDE, 2 * SIDE)
        errors.append(label_errors(data, axis, results['img'], results))
    assert_on_pixels(np.concatenate(errors))


@pytest.mark.parametrize('center', [0.5, 0.75, 1.0, 1.5])
def test_mosaic_equals_plain_pasting(center):
    """Constant images of exactly the tile's size and of half its height."""

    class Constants(Ramps):

        def __init__(self):
            super().__init__(num=4)
            for i, sample in enumerate(self.samples):
                height = SIDE if i % 2 else SIDE // 2
                sample['img'] = np.full((height, SIDE), 40 * i + 5, np.uint8)

    data = Constants()
    mosaic = make_mosaic(center_range=(center, center))
    np.random.seed(0)
    results = mosaic(data.start(0))
    numbers = [int(path[0]) for path in results['mosaic_img_paths']]
    c = int(center * SIDE)
    # A wide border takes what sticks out of the canvas.
    wide = np.full((4 * SIDE, 4 * SIDE), 114, np.uint8)
    middle = SIDE + c
    for spot, number in enumerate(numbers):
        img = data.samples[number]['img']
        top = middle if spot >= 2 else middle - img.shape[0]
        left = middle if spot % 2 else middle - SIDE
        wide[top:top + img.shape[0], left:left + SIDE] = img
    for channel in range(3):
        np.testing.assert_array_equal(results['img'][..., channel],
                                      wide[SIDE:-SIDE, SIDE:-SIDE])


def test_mosaic_clips_boxes_and_unlabels_what_is_outside():
    data, mosaic = Ramps(), make_mosaic(center_range=(0.5, 0.5))
    np.random.seed(2)
    outside = 0
    for i in range(30):
        results = mosaic(data.start(i % len(data)))
        points = results['keypoints']
        inside = ((points >= 0) & (points <= 2 * SIDE - 1)).all(-1)
        np.testing.assert_array_equal(results['keypoints_visible'] > 0, inside)
        outside += (~inside).sum()
        assert (results['bbox'] >= 0).all()
        assert (results['bbox'] <= 2 * SIDE - 1).all()
        for key in ('bbox', 'keypoints', 'keypoints_visible', 'area'):
            assert results[key].dtype == np.float32
            assert len(results[key]) == len(results['bbox_score'])
        assert 'raw_ann_info' not in results
        assert 'id' not in results
    assert outside > 50


def test_mosaic_scales_areas_with_the_boxes():
    data = Ramps()
    for sample in data.samples:
        sample['area'] = (sample['bbox'][:, 2:]
                          - sample['bbox'][:, :2]).prod(axis=1)
    np.random.seed(0)
    results = make_mosaic(center_range=(1., 1.))(data.start(1))
    size = results['bbox'][:, 2:] - results['bbox'][:, :2]
    np.testing.assert_allclose(results['area'], size.prod(axis=1), rtol=1e-4)


def test_mosaic_draws_again_for_broken_images_and_reports_them():
    data, mosaic = Ramps(num=6, broken=(2, 3, 4, 5)), make_mosaic()
    np.random.seed(0)
    skipped = set()
    for i in range(30):
        results = mosaic(data.start(i % 2))
        assert set(results['mosaic_img_paths']) <= {'0.png', '1.png'}
        assert results['mosaic_img_paths'][0] == f'{i % 2}.png'
        skipped.update(line.split(':')[0]
                       for line in results.get('skipped_images', ()))
    assert skipped == {'2.png', '3.png', '4.png', '5.png'}


def test_mosaic_gives_up_on_a_data_set_without_images():
    data = Ramps(num=3)
    mosaic = make_mosaic(pre_transform=[lambda sample: None])
    with pytest.raises(InputError, match='pre_transform'):
        mosaic(data.start(0))


def test_mosaic_of_one_image():
    data = Ramps(num=1)
    results = make_mosaic()(data.start(0))
    assert results['mosaic_img_paths'] == ('0.png', ) * 4


@pytest.mark.parametrize('shape', [(20, 1), (1, 20), (1, 1), (3, 10_000),
                                   (10_000, 3)])
def test_mosaic_of_extreme_images_without_persons(shape):
    data = Ramps(num=2)
    for i in range(2):
        data.samples[i] = dict(
            img=np.full(shape, 7, np.uint8), img_path=f'{i}.png',
            flip_indices=META['flip_indices'])
    results = make_mosaic()(data.start(0))
    assert (results['img'] == 7).any()
    assert results['bbox'].shape == (0, 4)
    assert results['keypoints'].shape == (0, K, 2)
    assert results['keypoints_visible'].shape == (0, K)
    results = PoseRandomAffine((SIDE, SIDE))(results)
    assert results['img'].shape == (SIDE, SIDE, 3)
    assert results['keypoints'].shape == (0, K, 2)


@pytest.mark.parametrize('axis', [0, 1])
def test_without_mosaic_the_image_is_fitted(axis):
    data, fit, errors = Ramps(axis, num=40), make_mosaic(prob=0.), []
    for i in range(len(data)):
        results = fit(data.start(i))
        assert max(results['img'].shape) == SIDE
        assert results['mosaic_img_paths'] == (f'{i}.png', )
        errors.append(label_errors(data, axis, results['img'], results))
    assert_on_pixels(np.concatenate(errors))


def training_pipeline(prob: float) -> list:
    """Everything that training puts an image through, without colour."""
    affine = dict(type='PoseRandomAffine', input_size=(SIDE, SIDE),
                  # So that the mosaic always covers the input.
                  scale_factor=(0.7, 1.5) if prob else (1.2, 1.5))
    with DefaultScope.overwrite_default_scope('mmpose'):
        return [
            make_mosaic(prob=prob),
            TRANSFORMS.build(affine),
            TRANSFORMS.build(
                dict(type='YOLOXHSVRandomAug', hue_delta=0,
                     saturation_delta=0, value_delta=0)),
            TRANSFORMS.build(dict(type='RandomFlip', prob=0.5)),
            TRANSFORMS.build(
                dict(type='FilterAnnotations', by_kpt=True, by_box=True,
                     keep_empty=False)),
            TRANSFORMS.build(
                dict(type='GenerateTarget',
                     encoder=dict(type='YOLOXPoseAnnotationProcessor'))),
            TRANSFORMS.build(
                dict(type='PackPoseInputs',
                     meta_keys=('img_path', 'mosaic_img_paths', 'img_shape',
                                'flip', 'flip_indices'))),
        ]


@pytest.mark.parametrize('axis', [0, 1])
@pytest.mark.parametrize('prob', [0., 1.])
def test_whole_pipeline_keeps_labels_on_pixels(axis, prob):
    data, errors, flips = Ramps(axis), [], 0
    pipeline = training_pipeline(prob)
    np.random.seed(3)
    for i in range(120):
        results = data.start(i % len(data))
        for transform in pipeline:
            results = transform(results)
        sample = results['data_samples']
        labels = sample.gt_instance_labels
        n = len(sample.gt_instances.bbox_scores)
        assert results['inputs'].shape == (3, SIDE, SIDE)
        assert labels.bboxes.shape == (n, 4)
        assert labels.keypoints.shape == (n, K, 2)
        assert labels.keypoints_visible.shape == (n, K)
        assert labels.areas.shape == (n, )
        assert (labels.keypoints_visible.sum(dim=1) > 0).all()
        assert (labels.bboxes >= 0).all()
        assert (labels.bboxes <= SIDE - 1).all()
        flips += sample.metainfo['flip']
        errors.append(label_errors(
            data, axis, results['inputs'].permute(1, 2, 0).numpy(),
            dict(bbox_score=sample.gt_instances.bbox_scores,
                 keypoints=labels.keypoints.numpy(),
                 keypoints_visible=labels.keypoints_visible.numpy()),
            flipped=sample.metainfo['flip']))
        # All labelled points are in the box of their person.
        seen = labels.keypoints_visible > 0
        low = labels.keypoints >= labels.bboxes[:, None, :2] - 1e-3
        high = labels.keypoints <= labels.bboxes[:, None, 2:] + 1e-3
        assert (low & high).all(dim=-1)[seen].all()
    assert 30 < flips < 90
    assert_on_pixels(np.concatenate(errors))
