"""Skeletons are where the keypoints are, and nowhere else."""
from __future__ import annotations

from statistics import mode

import numpy as np
import pytest
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from sasd_mmpose.inference.person import Person
from sasd_mmpose.visualization.palette import person_color, to_bgr
from sasd_mmpose.visualization.pose_drawer import DrawingStyle, PoseDrawer


@pytest.fixture(scope='module', params=['coco', 'crowdpose'])
def metainfo(request):
    return parse_pose_metainfo(
        dict(from_file=f'configs/_base_/datasets/{request.param}.py'))


def person(points, scores, size=100.0) -> Person:
    return Person(np.array([0, 0, size, size]), 0.9,
                  np.asarray(points, float), np.asarray(scores, float))


def canvas(height=120, width=120) -> np.ndarray:
    return np.full((height, width, 3), 90, np.uint8)


def test_bone_and_joints(metainfo):
    a, b = metainfo['skeleton_links'][0]
    points = np.full((metainfo['num_keypoints'], 2), 5.0)
    points[a], points[b] = (20, 60), (100, 60)
    scores = np.zeros(metainfo['num_keypoints'])
    scores[[a, b]] = 1
    image = canvas()
    drawn = PoseDrawer(metainfo)(image, [person(points, scores)])
    assert (image == 90).all()
    assert tuple(drawn[60, 60]) == tuple(metainfo['skeleton_link_colors'][0][::-1])
    assert tuple(drawn[60, 20]) == tuple(metainfo['keypoint_colors'][a][::-1])
    changed = np.argwhere((drawn != 90).any(axis=2))
    assert changed[:, 0].min() > 50 and changed[:, 0].max() < 70
    assert changed[:, 1].min() > 10 and changed[:, 1].max() < 110


def test_what_is_below_the_threshold_is_hidden(metainfo):
    number = metainfo['num_keypoints']
    points = np.random.uniform(10, 110, (number, 2))
    drawer = PoseDrawer(metainfo, keypoint_thr=0.5)
    assert (drawer(canvas(), [person(points, [0.49] * number)]) == 90).all()
    assert (drawer(canvas(), [person(points, [0.5] * number)]) != 90).any()


def test_the_larger_person_is_in_front(metainfo):
    a, b = metainfo['skeleton_links'][0]
    number = metainfo['num_keypoints']
    flat, tall = np.full((2, number, 2), 0.0)
    flat[a], flat[b] = (10, 60), (110, 60)
    tall[a], tall[b] = (60, 10), (60, 110)
    scores = np.zeros(number)
    scores[[a, b]] = 1
    drawer = PoseDrawer(metainfo)
    small, large = person(flat, scores, 20), person(tall, scores, 110)
    both = drawer(canvas(), [large, small])
    # Where they cross, the rim of the larger one interrupts the smaller one.
    alone = drawer(canvas(), [large])
    assert (both[50:70, 59:62] == alone[50:70, 59:62]).all()


@pytest.mark.parametrize('shape', [(1, 1), (200, 1), (1, 3000)])
def test_any_image_and_any_coordinates(metainfo, shape):
    number = metainfo['num_keypoints']
    points = np.random.uniform(-1e9, 1e9, (number, 2))
    points[0], points[1], points[2] = np.nan, np.inf, 0.5
    broken = Person(np.array([0, 0, np.nan, 5]), 0.9, points, np.ones(number))
    wild = person(points, np.ones(number))
    drawn = PoseDrawer(metainfo)(canvas(*shape), [broken, wild])
    assert drawn.shape == (*shape, 3)


def test_no_person(metainfo):
    assert (PoseDrawer(metainfo)(canvas(), []) == 90).all()


def colors(image: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(color) for color in image.reshape(-1, 3).tolist()}


def test_who_has_an_identity_has_its_colour(metainfo):
    number = metainfo['num_keypoints']
    points = np.random.uniform(20, 110, (number, 2))
    one = person(points, np.ones(number))
    drawer = PoseDrawer(metainfo)
    for identity in 1, 2, 12:
        drawn = drawer(canvas(), [one._replace(identity=identity)])
        assert to_bgr(person_color(identity - 1)) in colors(drawn)
    assert to_bgr(person_color(0)) not in colors(drawer(canvas(), [one]))


def test_boxes_and_thickness(metainfo):
    number = metainfo['num_keypoints']
    one = Person(np.array([20., 30, 90, 100]), 0.9, np.full((number, 2), 60.),
                 np.zeros(number))
    boxed = PoseDrawer(metainfo, style=DrawingStyle(boxes=True, thickness=1))
    drawn = boxed(canvas(), [one])
    changed = np.argwhere((drawn != 90).any(axis=2))
    assert abs(changed.min(0) - (30, 20)).max() <= 3
    assert abs(changed.max(0) - (100, 90)).max() <= 3
    assert (drawn[40:90, 30:80] == 90).all()
    thick = PoseDrawer(metainfo, style=DrawingStyle(boxes=True, thickness=6))
    assert (thick(canvas(), [one]) != 90).sum() > 1.3 * (drawn != 90).sum()


def test_the_legend_names_both_sides(metainfo):
    names = [metainfo['keypoint_id2name'][i]
             for i in range(metainfo['num_keypoints'])]
    style = DrawingStyle(legend=True)
    drawn = PoseDrawer(metainfo, style=style, keypoint_names=names)(canvas(), [])
    for side in 'left', 'right':
        color = mode(tuple(color[::-1]) for name, color in zip(
            names, metainfo['keypoint_colors']) if side in name)
        assert color in colors(drawn)
    # Nothing to say where no name tells sides apart.
    plain = PoseDrawer(metainfo, style=style, keypoint_names=['tail'] * len(names))
    assert (plain(canvas(), []) == 90).all()
