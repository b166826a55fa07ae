"""Labels follow the pixels through scaling, turning, cropping and resizing."""
from __future__ import annotations

import numpy as np
import pytest
from ramps import META, SIDE, K, Ramps, assert_on_pixels, label_errors

from sasd_mmpose import InputError
from sasd_mmpose.datasets import PoseRandomAffine, PoseRandomCrop, PoseResize


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
