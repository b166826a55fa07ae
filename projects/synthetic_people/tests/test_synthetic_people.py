"""Drawn people: the same everywhere, truly labelled, usable by MMPose."""
from __future__ import annotations

import json
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest
from mmengine.dataset import pseudo_collate
from mmengine.logging import MessageHub
from mmengine.registry import DefaultScope
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.evaluation import CocoMetric
from mmpose.registry import DATASETS
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torch.utils.data import DataLoader

from projects.synthetic_people import SyntheticPeople
from projects.synthetic_people.body import (
    POSES,
    Pose,
    articulate,
    sample_build,
    sample_pose,
)
from projects.synthetic_people.figure import FigureBuilder, Part, View, capsule_outlines
from projects.synthetic_people.look import sample_look
from projects.synthetic_people.scene import (
    MIN_VISIBLE_KEYPOINTS,
    SUPERSAMPLING,
    _Item,
    _label_fairly,
    to_canvas,
)
from sasd_mmpose.errors import InputError

CODEC = dict(type='YOLOXPoseAnnotationProcessor')
META_KEYS = ('id', 'img_id', 'img_path', 'ori_shape', 'img_shape',
             'flip_indices', 'raw_ann_info')
TEST_PIPELINE = [
    dict(type='LoadImage'),
    dict(type='PackPoseInputs', meta_keys=META_KEYS),
]


def make(**kwargs) -> SyntheticPeople:
    return SyntheticPeople(**{
        'num_images': 12,
        'image_size': (192, 160),
        **kwargs
    })


@pytest.fixture(autouse=True)
def mmpose_scope():
    with DefaultScope.overwrite_default_scope('mmpose'):
        yield


@pytest.fixture(scope='module')
def scenes():
    dataset = make(num_images=30)
    return [dataset.render(index) for index in range(30)]


def test_a_seed_gives_the_same_images_in_any_order():
    one, other = make(cache=0), make(cache=4)
    forth = [one.get_data_info(i) for i in range(6)]
    back = [other.get_data_info(i) for i in (5, 4, 3, 2, 1, 0)][::-1]
    for a, b in zip(forth, back, strict=True):
        np.testing.assert_array_equal(a['img'], b['img'])
        np.testing.assert_array_equal(a['keypoints'], b['keypoints'])
    again = other.get_data_info(5)  # now from the cache
    np.testing.assert_array_equal(forth[5]['img'], again['img'])
    assert not np.array_equal(
        make(seed=1).get_data_info(0)['img'], forth[0]['img'])


def test_another_process_draws_the_same_image():
    code = ('import zlib; from projects.synthetic_people import SyntheticPeople; '
            'd = SyntheticPeople(num_images=12, image_size=(192, 160)); '
            'print("crc", zlib.crc32(d.get_data_info(3)["img"].tobytes()))')
    out = subprocess.run([sys.executable, '-c', code],
                         capture_output=True,
                         text=True,
                         check=True).stdout
    here = zlib.crc32(make().get_data_info(3)['img'].tobytes())
    assert out.split('crc ')[-1].strip() == str(here)


def test_samples_do_not_share_memory_with_the_cache():
    dataset = make()
    first = dataset.get_data_info(0)
    image, points = first['img'].copy(), first['keypoints'].copy()
    first['img'][:] = 0
    first['keypoints'][:] = 0
    first['raw_ann_info'][0]['keypoints'][0] = -1.0
    second = dataset.get_data_info(0)
    np.testing.assert_array_equal(second['img'], image)
    np.testing.assert_array_equal(second['keypoints'], points)
    assert second['raw_ann_info'][0]['keypoints'][0] >= 0


def test_the_cache_is_bounded_and_stays_at_home():
    dataset = make(cache=3)
    for i in range(5):
        dataset.get_data_info(i)
    assert len(dataset._cache) == 3
    assert dataset.__getstate__()['_cache'] == {}


def test_fields_are_those_of_coco():
    info = make(min_people=3).get_data_info(0)
    people, num_keypoints = len(info['id']), 17
    assert info['img'].dtype == np.uint8
    assert info['img'].shape == (160, 192, 3)
    assert info['img_shape'] == info['ori_shape'] == (160, 192)
    assert info['keypoints'].shape == (people, num_keypoints, 2)
    assert info['keypoints_visible'].shape == (people, num_keypoints)
    assert info['bbox'].shape == (people, 4)
    assert info['area'].shape == info['category_id'].shape == (people, )
    assert info['iscrowd'] == [0] * people
    assert info['dataset_name'] == 'synthetic_people'
    assert info['flip_indices'][1] == 2
    for annotation, box in zip(
            info['raw_ann_info'], info['bbox'], strict=True):
        assert annotation['image_id'] == info['img_id']
        assert annotation['id'] > 0
        points = np.reshape(annotation['keypoints'], (num_keypoints, 3))
        assert annotation['num_keypoints'] == (points[:, 2] > 0).sum()
        x, y, w, h = annotation['bbox']
        np.testing.assert_allclose(box, [
            x, y, min(x + w, 191), min(y + h, 159)], atol=1e-4)


def test_ids_are_unique():
    dataset = make()
    ids = [i for k in range(12) for i in dataset.get_data_info(k)['id']]
    assert len(ids) == len(set(ids))


def test_crowd_and_image_sizes():
    dataset = make(
        num_images=20,
        image_size=((96, 120), (128, 200)),
        min_people=2,
        max_people=3)
    counts, shapes = [], set()
    for i in range(20):
        info = dataset.get_data_info(i)
        counts.append(len(info['id']))
        height, width = info['img_shape']
        assert 96 <= width <= 128 and 120 <= height <= 200
        shapes.add((height, width))
    assert set(counts) <= {1, 2, 3} and 3 in counts
    assert len(shapes) > 5


def test_keypoints_lie_in_the_image_or_at_zero(scenes):
    seen = {0: 0, 1: 0, 2: 0}
    for scene in scenes:
        height, width = scene.image.shape[:2]
        for person in scene.people:
            for x, y, visible in person.keypoints.values():
                seen[visible] += 1
                if visible:
                    assert 0 <= x <= width - 1 and 0 <= y <= height - 1
                else:
                    assert (x, y) == (0, 0)
    assert seen[2] > seen[1] > seen[0] > 0


def test_boxes_and_areas_are_those_of_the_masks(scenes):
    for scene in scenes:
        for person in scene.people:
            mask = scene.mask(person)
            assert mask.sum() / SUPERSAMPLING**2 == person.area
            rows, columns = np.nonzero(mask)
            x, y, w, h = np.array(person.box) * SUPERSAMPLING
            assert (x, y) == (columns.min(), rows.min())
            assert (x + w, y + h) == (columns.max() + 1, rows.max() + 1)


def test_masks_do_not_overlap(scenes):
    for scene in scenes:
        total = sum(scene.mask(person).astype(int) for person in scene.people)
        assert np.max(total) <= 1


def test_visible_joints_are_seen_and_covered_ones_are_hidden(scenes):
    by_others = by_self = 0
    for scene in scenes:
        masks = [scene.mask(person) for person in scene.people]
        for person, mask in zip(scene.people, masks, strict=True):
            grown = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3)))
            for x, y, visible in person.keypoints.values():
                if not visible:
                    continue
                column, row = np.rint(to_canvas(np.array([x, y]))).astype(int)
                if visible == 2:
                    assert grown[row, column]
                elif grown[row, column]:
                    by_self += 1
                else:
                    by_others += 1
    assert by_others > 5 and by_self > 5


def test_nobody_is_labelled_who_can_hardly_be_seen(scenes):
    for scene in scenes:
        for person in scene.people:
            visible = [v == 2 for *_, v in person.keypoints.values()]
            assert sum(visible) >= MIN_VISIBLE_KEYPOINTS


def _figure(heading: float, arms=None, lean: float = 0.0):
    rng = np.random.default_rng(0)
    build = sample_build(rng)
    pose = Pose(POSES['stand'], np.zeros((2, 5)) if arms is None else arms,
                np.zeros((2, 5)), np.array([lean, 0.0, 0.0]), np.zeros(3),
                heading, 0.0, 0.0)
    view = View(200.0, np.array([150.0, 150.0]), 0.0, np.array([0.0, -1.0]))
    body = articulate(build, pose)
    return body, FigureBuilder(body, sample_look(rng, 0.0), view).build()


@pytest.mark.parametrize(('heading', 'sign'), [(0.0, 1), (180.0, -1)])
def test_left_and_right(heading, sign):
    """Who faces the camera has the left shoulder at the greater x."""
    marks = _figure(heading)[1].landmarks
    for joint in ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle', 'eye',
                  'ear'):
        left, right = (marks[f'{side}_{joint}'].point[0]
                       for side in ('left', 'right'))
        assert sign * (left - right) > 0, joint


def test_face_cannot_be_seen_from_behind():
    marks = _figure(180.0)[1].landmarks
    for name in ('nose', 'left_eye', 'right_eye'):
        assert not marks[name].hosts
    assert Part.HEAD in _figure(0.0)[1].landmarks['nose'].hosts


@pytest.mark.parametrize(('heading', 'visible'), [(0.0, 2), (180.0, 1)])
def test_folded_arms_are_before_the_trunk(heading, visible):
    """They can be seen from the front and not from behind."""
    arms = np.array([[32, 0, 0, 60, 100]] * 2, float)
    figure = _figure(heading, arms)[1]
    keypoints = _label_fairly([_Item(0.0, figure.shapes, figure)], 160,
                              160)[1][0].keypoints
    for side in ('left', 'right'):
        assert keypoints[f'{side}_wrist'][2] == visible
        assert keypoints[f'{side}_eye'][2] == visible


def test_upright_people_stand_in_order():
    marks = _figure(0.0)[1].landmarks
    heights = [
        marks[name].point[1]
        for name in ('top_head', 'left_eye', 'nose', 'left_shoulder',
                     'left_elbow', 'left_wrist', 'left_knee', 'left_ankle')
    ]
    assert heights == sorted(heights)


def test_joints_bend_the_human_way():
    """A flexed elbow brings the hand forward, a raised arm goes up."""
    arms = np.array([[0, 0, 0, 0, 90], [170, 0, 0, 0, 0]], float)
    joints = _figure(0.0, arms, lean=40.0)[0].joints
    assert joints['neck'][2] < -0.1 and joints['neck'][1] < -0.1
    joints = _figure(0.0, arms)[0].joints
    assert joints['left_wrist'][2] < joints['left_elbow'][2] - 0.1
    assert joints['right_wrist'][1] < joints['head'][1]


def test_bones_keep_their_length_in_every_pose():
    rng = np.random.default_rng(3)
    build = sample_build(rng)
    for _ in range(40):
        joints = articulate(build, sample_pose(rng, 10.0)).joints
        for side in ('left', 'right'):
            for a, b, length in (('shoulder', 'elbow', build.upper_arm),
                                 ('elbow', 'wrist', build.forearm),
                                 ('hip', 'knee', build.thigh),
                                 ('knee', 'ankle', build.shank)):
                bone = joints[f'{side}_{a}'] - joints[f'{side}_{b}']
                assert np.linalg.norm(bone) == pytest.approx(length)


def test_only_the_poses_asked_for_are_drawn():
    rng = np.random.default_rng(4)
    kinds = [sample_pose(rng, 10.0, ('lie', 'stand')).kind for _ in range(60)]
    lying = [kind.lying for kind in kinds]
    # One to three, by their weights.
    assert 5 <= sum(lying) <= 25
    assert {kind.lean for kind in kinds} == {(2, 6), (2.0, 4.0)}
    assert make(poses=['lie']).spec.poses == ('lie', )


def test_capsules_are_the_hull_of_their_circles():
    rng = np.random.default_rng(0)
    start, end = rng.uniform(0, 50, (2, 30, 2))
    radii = rng.uniform(1, 20, (2, 30))
    turn = np.linspace(0, 2 * np.pi, 400)
    circle = np.stack([np.cos(turn), np.sin(turn)], 1)
    outlines = capsule_outlines(start, end, *radii)
    for i, outline in enumerate(outlines):
        both = np.concatenate(
            [start[i] + radii[0, i] * circle, end[i] + radii[1, i] * circle])
        hull = cv2.contourArea(cv2.convexHull(both.astype(np.float32)))
        area = cv2.contourArea(
            cv2.convexHull(outline.astype(np.float32)))
        assert 0.8 * hull < area <= hull * 1.001


def _train_pipeline(size=(128, 128)):
    return [
        dict(type='LoadImage'),
        dict(
            type='Mosaic',
            img_scale=size,
            pad_val=114,
            pre_transform=[dict(type='LoadImage')]),
        dict(
            type='BottomupRandomAffine',
            input_size=size,
            shift_factor=0.1,
            rotate_factor=10,
            scale_factor=(0.75, 1.0),
            pad_val=114,
            distribution='uniform',
            transform_mode='perspective',
            bbox_keep_corner=False,
            clip_border=True),
        dict(type='RandomFlip', prob=0.5),
        dict(
            type='FilterAnnotations',
            by_kpt=True,
            by_box=True,
            keep_empty=False),
        dict(type='GenerateTarget', encoder=CODEC),
        dict(type='PackPoseInputs'),
    ]


def test_training_pipeline_with_workers():
    dataset = DATASETS.build(
        dict(
            type='SyntheticPeople',
            num_images=8,
            image_size=(128, 128),
            person_height=(0.4, 0.9),
            pipeline=_train_pipeline()))
    loader = DataLoader(
        dataset, batch_size=4, num_workers=2, collate_fn=pseudo_collate)
    count = 0
    for batch in loader:
        for image, sample in zip(
                batch['inputs'], batch['data_samples'], strict=True):
            assert image.shape == (3, 128, 128)
            labels = sample.gt_instance_labels
            people = len(labels)
            assert labels.bboxes.shape == (people, 4)
            assert labels.keypoints.shape == (people, 17, 2)
            assert labels.keypoints_visible.shape == (people, 17)
            assert labels.areas.shape == (people, )
            count += people
    assert count > 8


def _as_prediction(sample, shift: float = 0.0) -> dict:
    """A prediction that repeats the labels, moved by some pixels."""
    gt = sample.gt_instances if 'keypoints' in sample.gt_instances else None
    keypoints = (gt.keypoints + shift if gt is not None else np.zeros(
        (0, 17, 2)))
    scores = np.linspace(0.9, 0.8, len(keypoints))
    return dict(
        **{k: sample.metainfo[k]
           for k in ('id', 'img_id', 'ori_shape', 'raw_ann_info')},
        gt_instances=dict(),
        pred_instances=dict(
            keypoints=keypoints,
            keypoint_scores=np.ones(keypoints.shape[:2]),
            bboxes=gt.bboxes if gt is not None else np.zeros((0, 4)),
            bbox_scores=scores))


@pytest.mark.parametrize('shift', [0.0, 3.0])
def test_evaluation_needs_no_file_and_equals_pycocotools(tmp_path, shift):
    dataset = make(
        test_mode=True,
        min_people=0,
        max_people=4,
        image_size=(320, 240),
        pipeline=TEST_PIPELINE)
    hub = MessageHub.get_current_instance()
    assert hub.get_info('synthetic_people_ann_file') is None
    samples = [dataset[i]['data_samples'] for i in range(len(dataset))]
    assert any(sample.raw_ann_info is None for sample in samples)
    metric = CocoMetric(
        score_mode='bbox',
        nms_mode='none',
        outfile_prefix=str(tmp_path / 'out'))
    metric.dataset_meta = dataset.metainfo
    metric.process({}, [_as_prediction(sample, shift) for sample in samples])
    ours = metric.evaluate(len(samples))['coco/AP']

    target = dataset.export(tmp_path / 'set')
    truth = COCO(str(target))
    assert len(truth.imgs) == len(dataset)
    predictions = json.loads((tmp_path / 'out.keypoints.json').read_text())
    theirs = COCOeval(truth, truth.loadRes(predictions), 'keypoints')
    theirs.evaluate()
    theirs.accumulate()
    theirs.summarize()
    assert ours == pytest.approx(theirs.stats[0])
    if shift == 0:
        assert ours == pytest.approx(1.0)
    else:
        assert 0 < ours < 1


def test_export_is_read_by_coco_dataset(tmp_path):
    dataset = make(num_images=4)
    target = dataset.export(tmp_path)
    assert 'photographs' in json.loads(target.read_text())['info'][
        'description']
    read = DATASETS.build(
        dict(
            type='CocoDataset',
            ann_file=str(target),
            data_prefix=dict(img=str(tmp_path / 'images')),
            data_mode='bottomup',
            pipeline=[dict(type='LoadImage')]))
    assert len(read) == 4
    for i in range(4):
        ours, theirs = dataset.get_data_info(i), read[i]
        for key in ('keypoints', 'keypoints_visible', 'bbox', 'area'):
            np.testing.assert_allclose(ours[key], theirs[key], atol=1e-4)
        difference = ours['img'].astype(int) - theirs['img']
        assert np.abs(difference).mean() < 12  # JPEG
    assert set(ours) - {'img_shape', 'ori_shape', 'img'} == set(theirs) - {
        'img_shape', 'ori_shape', 'img', 'dataset'}


def test_other_keypoints_come_from_the_metainfo():
    crowdpose = dict(from_file='configs/_base_/datasets/crowdpose.py')
    dataset = make(metainfo=crowdpose)
    names = list(
        parse_pose_metainfo(crowdpose)['keypoint_id2name'].values())
    info = dataset.get_data_info(0)
    assert info['keypoints'].shape[1] == len(names)
    person = dataset.render(0).people[0]
    np.testing.assert_allclose(
        info['keypoints'][0],
        [person.keypoints[name][:2] for name in names],
        atol=0.01)
    wholebody = make(
        metainfo=dict(from_file='configs/_base_/datasets/mpii.py'))
    with pytest.raises(InputError, match='metainfo'):
        wholebody.get_data_info(0)


def test_a_subset_keeps_its_images():
    dataset = make(indices=[7, 2])
    assert len(dataset) == 2
    np.testing.assert_array_equal(
        dataset.get_data_info(1)['img'],
        make().get_data_info(2)['img'])


@pytest.mark.parametrize(('kwargs', 'key'), [
    (dict(data_mode='topdown'), 'data_mode'),
    (dict(num_images=0), 'num_images'),
    (dict(seed=-1), 'seed'),
    (dict(cache=-1), 'cache'),
    (dict(min_people=0), 'min_people'),
    (dict(min_people=4, max_people=3), 'max_people'),
    (dict(person_height=(0.5, 0.1)), 'person_height'),
    (dict(poses=('stand', 'fly')), 'poses'),
    (dict(poses=()), 'poses'),
    (dict(image_size=320), 'image_size'),
    (dict(image_size=(320.5, 200)), 'image_size'),
    (dict(image_size=((64, 64), (32, 64))), 'image_size'),
])
def test_bad_arguments_are_named(kwargs, key):
    with pytest.raises(InputError, match=key):
        make(**kwargs)


def test_people_too_small_to_see_are_an_error():
    dataset = make(image_size=(32, 32), person_height=(0.05, 0.06))
    with pytest.raises(InputError, match='person_height'):
        dataset.get_data_info(0)
