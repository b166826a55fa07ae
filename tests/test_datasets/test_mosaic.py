"""Labels follow the pixels through mosaic, affine and the whole pipeline.

The images are ramps: a pixel's grey value tells its x, or in a second set
its y. Wherever a label ends up, the image's value there must tell where it
came from. Averaged over many labels this sees a shift of a tenth of a pixel.
"""
from __future__ import annotations

import numpy as np
import pytest
from mmengine.registry import DefaultScope
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import TRANSFORMS

from sasd_mmpose import InputError
from sasd_mmpose.datasets import (
    LoadPoseImage,
    PoseMosaic,
    PoseRandomAffine,
    PoseRandomCrop,
    PoseResize,
)

META = parse_pose_metainfo(dict(from_file='configs/_base_/datasets/coco.py'))
K = META['num_keypoints']
SIDE = 128
UNITS = 4  # grey values per pixel


class Ramps:
    """Images of up to 62 pixels whose values are ``UNITS`` x coordinate.

    Args:
        axis (int): 0 for x, 1 for y.
        num (int): Number of images.
        broken (Sequence[int]): Images that cannot be loaded.
    """

    def __init__(self, axis: int = 0, num: int = 12, broken=()) -> None:
        rng = np.random.default_rng(0)
        self.samples = []
        for i in range(num):
            width, height = rng.integers(30, 62, 2)
            n = int(rng.integers(0, 4))
            grid = np.mgrid[:height, :width][1 - axis]
            points = rng.uniform(3, (width - 4, height - 4), (n, K, 2))
            boxes = np.concatenate(
                [points.min(axis=1) - 1, points.max(axis=1) + 1], axis=1)
            self.samples.append(dict(
                img=(UNITS * grid).astype(np.uint8), img_path=f'{i}.png',
                bbox=boxes.astype(np.float32),
                # Tells the person after all transforms.
                bbox_score=(100 * i + np.arange(n)).astype(np.float32),
                category_id=np.ones(n, np.int64),
                keypoints=points.astype(np.float32),
                keypoints_visible=np.ones((n, K), np.float32),
                area=np.full(n, 100., np.float32),
                raw_ann_info=[{}] * n, id=list(range(n)),
                flip_indices=META['flip_indices']))
            if i in broken:
                self.samples[-1]['img'] = np.zeros((0, 0, 3), np.uint8)

    def __len__(self) -> int:
        return len(self.samples)

    def get_data_info(self, i: int) -> dict:
        return {key: value.copy() if isinstance(value, np.ndarray) else value
                for key, value in self.samples[i].items()}

    def source(self, score: float) -> np.ndarray:
        """Keypoints ``(K, 2)`` of the person with this score."""
        return self.samples[int(score) // 100]['keypoints'][int(score) % 100]

    def start(self, i: int) -> dict:
        """What a data set hands to its pipeline."""
        return dict(LoadPoseImage()(self.get_data_info(i)), dataset=self)


def make_mosaic(**kwargs) -> PoseMosaic:
    kwargs = dict(img_scale=(SIDE, SIDE), pad_val=114.,
                  pre_transform=[LoadPoseImage(on_error='skip')]) | kwargs
    return PoseMosaic(**kwargs)


def value_at(img: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Bilinear value of the first channel at ``(n, 2)`` points."""
    height, width = img.shape[:2]
    low = np.floor(points).astype(int)
    low = np.minimum(low, [width - 2, height - 2])
    fx, fy = (points - low).T
    x, y = low.T
    img = img[..., 0].astype(float)
    return ((1 - fy) * ((1 - fx) * img[y, x] + fx * img[y, x + 1])
            + fy * ((1 - fx) * img[y + 1, x] + fx * img[y + 1, x + 1]))


def label_errors(data: Ramps, axis: int, img: np.ndarray, persons: dict,
                 flipped: bool = False) -> np.ndarray:
    """How far, in source pixels, labels are from the content they mark."""
    errors = []
    for score, points, visible in zip(persons['bbox_score'],
                                      persons['keypoints'],
                                      persons['keypoints_visible'],
                                      strict=True):
        source = data.source(score)
        if flipped:
            source = source[META['flip_indices']]
        seen = visible > 0
        errors.append(value_at(img, points[seen]) / UNITS - source[seen, axis])
    return np.concatenate(errors) if errors else np.zeros(0)


def assert_on_pixels(errors: np.ndarray, tolerance: float = 0.5) -> None:
    assert len(errors) > 1000
    assert np.abs(errors).max() < tolerance
    assert abs(errors.mean()) < 0.05


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


@pytest.mark.parametrize('make', [PoseRandomAffine, PoseRandomCrop])
@pytest.mark.parametrize('axis', [0, 1])
@pytest.mark.parametrize('angle', [0, 40])
def test_affine_keeps_labels_on_pixels(make, axis, angle):
    data, errors = Ramps(axis), []
    affine = make((2 * SIDE, SIDE), shift_factor=0.2, rotate_factor=angle)
    np.random.seed(0)
    for i in range(80):
        results = affine(data.start(i % len(data)))
        assert results['img'].shape == (SIDE, 2 * SIDE, 3)
        assert results['img_shape'] == (SIDE, 2 * SIDE)
        errors.append(label_errors(data, axis, results['img'], results))
    assert_on_pixels(np.concatenate(errors))


def test_affine_shift_and_gain_are_those_of_yolo_pose():
    """Gain uniform in 0.5-1.5; centre moved by up to a tenth of the input."""
    affine = PoseRandomAffine((SIDE, SIDE), min_box_share=0.)
    middle = SIDE - 0.5
    canvas = dict(
        img=np.zeros((2 * SIDE, 2 * SIDE, 3), np.uint8),
        bbox=np.float32([[middle - 5, middle - 5, middle + 5, middle + 5]]),
        area=np.float32([100]), flip_indices=META['flip_indices'])
    np.random.seed(0)
    gains, shifts = [], []
    for _ in range(2000):
        results = affine(dict(canvas, bbox_score=np.ones(1),
                              category_id=np.ones(1),
                              keypoints=np.zeros((1, K, 2)),
                              keypoints_visible=np.zeros((1, K))))
        gains.append(np.sqrt(results['area'][0] / 100))
        box = results['bbox'][0]
        shifts.append((box[:2] + box[2:]) / 2 - (SIDE - 1) / 2)
    gains, shifts = np.sort(gains), np.array(shifts) / SIDE
    uniform = 0.5 + (np.arange(2000) + 0.5) / 2000
    assert np.abs(gains - uniform).max() < 0.04
    assert 0.099 < np.abs(shifts).max() <= 0.1 + 1e-6
    assert np.abs(shifts.mean(axis=0)).max() < 0.005


def test_rotation_turns_persons_as_told():
    """Box: about the turned ellipse, whose points are turned one by one here."""
    affine = PoseRandomAffine((416, 416), 0., (2., 2.), rotate_factor=40.)
    center, half = np.array([99.5, 99.5]), np.array([20., 50.])
    around = np.linspace(0, 2 * np.pi, 7201)
    ellipse = np.stack([np.cos(around), np.sin(around)], axis=1) * half
    points = center + np.linspace((-20, -50), (20, 50), K)
    np.random.seed(0)
    angles = []
    for _ in range(300):
        results = affine(dict(
            img=np.zeros((200, 200, 3), np.uint8),
            bbox=np.float32([[*(center - half), *(center + half)]]),
            bbox_score=np.ones(1), category_id=np.ones(1),
            keypoints=points[None].astype(np.float32),
            keypoints_visible=np.ones((1, K), np.float32),
            area=np.float32([100]), flip_indices=META['flip_indices']))
        moved = results['keypoints'][0] - 207.5
        z = complex(*(moved[-1] - moved[0])) / complex(40, 100)
        np.testing.assert_allclose(abs(z), 2, rtol=1e-5)
        np.testing.assert_allclose(
            moved @ (1, 1j), z * ((points - center) @ (1, 1j)), atol=1e-3)
        turned = z * (ellipse @ (1, 1j))
        np.testing.assert_allclose(
            results['bbox'][0] - 207.5,
            [turned.real.min(), turned.imag.min(),
             turned.real.max(), turned.imag.max()], atol=1e-3)
        np.testing.assert_allclose(results['area'], 400, rtol=1e-5)
        angles.append(np.degrees(np.angle(z)))
    assert -40 <= min(angles) < -38 and 38 < max(angles) <= 40.001
    assert abs(np.mean(angles)) < 4


def test_crops_are_about_each_labelled_person():
    """One who would not fit is shrunk; one without keypoints is passed by."""
    boxes = np.float32([[0, 0, 20, 30], [100, 20, 180, 420], [300, 300, 310, 310]])
    visible = np.ones((3, K), np.float32)
    visible[2] = 0
    crop = PoseRandomCrop((SIDE, SIDE), 0.25, (0.5, 1.5), largest_share=1.0,
                          min_box_share=0.)
    np.random.seed(0)
    found = {0: [], 1: []}
    for _ in range(400):
        results = crop(dict(
            img=np.zeros((512, 512, 3), np.uint8), bbox=boxes.copy(),
            bbox_score=np.arange(3.), category_id=np.ones(3),
            keypoints=np.repeat(boxes.reshape(3, 2, 2).mean(1)[:, None], K, 1),
            keypoints_visible=visible.copy(), area=np.ones(3),
            flip_indices=META['flip_indices']))
        gain = float(np.sqrt(results['area'][0]))
        offsets = (results['keypoints'][:, 0] - (SIDE - 1) / 2) / SIDE
        inside = np.abs(offsets).max(axis=1) <= 0.25 + 1e-4
        (person, ) = (int(i) for i in (0, 1) if inside[i])
        found[person].append([gain, *offsets[person]])
    small, large = (np.array(found[i]) for i in (0, 1))
    assert 140 < len(small) < 260
    np.testing.assert_allclose(large[:, 0], np.minimum(large[:, 0], SIDE / 400))
    assert small[:, 0].min() < 0.52 and small[:, 0].max() > min(1.48, SIDE / 31)
    assert np.abs(small[:, 1:]).max() > 0.24


def test_filled_crops_keep_to_the_image():
    """Along an axis that is long enough nothing is grey; else all of it shows."""
    crop = PoseRandomCrop((SIDE, SIDE), 0.3, (1., 2.), fill=True, pad_val=9)
    np.random.seed(0)
    lefts = []
    for x in (0, 100, 250):
        for _ in range(40):
            results = crop(dict(
                img=np.full((40, 300, 3), 200, np.uint8),
                bbox=np.float32([[x, 0, x + 40, 30]]), bbox_score=np.ones(1),
                category_id=np.ones(1), area=np.ones(1),
                keypoints=np.full((1, K, 2), x, np.float32),
                keypoints_visible=np.ones((1, K), np.float32),
                flip_indices=META['flip_indices']))
            gain = np.sqrt(results['area'][0])
            shown = results['img'][..., 0] == 200
            # All columns; rows of the whole height, up to interpolation.
            assert shown.any(axis=0).all()
            assert 39 * gain - 1 <= shown.any(axis=1).sum() <= 39 * gain + 1
            lefts.append(x - results['keypoints'][0, 0, 0] / gain)
    assert min(lefts) > -1e-3 and min(lefts) < 1e-3 and max(lefts) > 150


def test_affine_drops_persons_of_whom_little_is_left():
    affine = PoseRandomAffine((64, 64), 0., (1., 1.))
    width = np.float32([100, 100])
    # The input shows the middle 64 of 128 pixels: 32 to 95.
    left = np.float32([23, 0])  # 68 and 91 pixels from the left
    boxes = np.stack([left - 82, np.float32([40, 40]),
                      left - 82 + width, np.float32([60, 60])], axis=1)
    results = affine(dict(
        img=np.zeros((128, 128, 3), np.uint8), bbox=boxes,
        bbox_score=np.float32([0, 1]), category_id=np.ones(2, int),
        keypoints=np.full((2, K, 2), 50, np.float32),
        keypoints_visible=np.ones((2, K), np.float32),
        area=np.ones(2, np.float32), flip_indices=META['flip_indices'],
        raw_ann_info=[{}, {}]))
    # Person 0 reaches to x = 41, nine of its 100 pixels are left.
    assert results['bbox_score'].tolist() == []
    affine.min_box_share = 0.05
    results = affine(dict(
        img=np.zeros((128, 128, 3), np.uint8), bbox=boxes,
        bbox_score=np.float32([0, 1]), category_id=np.ones(2, int),
        keypoints=np.full((2, K, 2), 50, np.float32),
        keypoints_visible=np.ones((2, K), np.float32),
        area=np.ones(2, np.float32), flip_indices=META['flip_indices']))
    assert results['bbox_score'].tolist() == [0]
    np.testing.assert_allclose(results['bbox'], [[0, 8, 9, 28]])


@pytest.mark.parametrize('make', [PoseRandomAffine, PoseResize])
def test_input_size_must_fit_the_strides(make):
    with pytest.raises(InputError, match=r'stride 64.*\(128, 192\)'):
        make((128, 200), size_factor=64)
    make([128, 192], size_factor=64)


@pytest.mark.parametrize('shape', [(40, 60), (60, 40), (20, 1), (1, 20),
                                   (2, 10_000)])
def test_resize_pads_around_the_centre_and_can_be_undone(shape):
    img = np.zeros((*shape, 3), np.uint8)
    results = PoseResize((64, 128))(
        dict(img=img, img_shape=shape, ori_shape=shape))
    assert results['img'].shape == (128, 64, 3)
    padding = (results['img'][..., 0] == 114).mean()
    ratio = min(64 / shape[1], 128 / shape[0])
    wanted = 1 - ratio**2 * shape[0] * shape[1] / (64 * 128)
    # A single pixel enlarged six times fades into the padding.
    assert padding == pytest.approx(wanted, abs=0.11 if 1 in shape else 0.03)
    # MMPose's estimator goes back so; the middle must be the middle.
    middle = (np.array([32, 64]) / results['input_size']
              * results['input_scale'] + results['input_center']
              - results['input_scale'] / 2)
    np.testing.assert_allclose(middle, [shape[1] / 2, shape[0] / 2])


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
