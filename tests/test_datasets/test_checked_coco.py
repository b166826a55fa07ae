"""Each thing that is wrong with an annotation file gets one clear line."""
from __future__ import annotations

import copy
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS, TRANSFORMS

from sasd_mmpose import InputError

NUM_KEYPOINTS = 17


@pytest.fixture
def warned() -> Iterator[list[str]]:
    """Collects what is logged as a warning."""
    lines: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: lines.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    # Whoever ran before may have silenced it.
    level = logger.level
    logger.setLevel(logging.WARNING)
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(level)


def make_person(id: int, image_id: int, labelled: bool = True) -> dict:
    """One person of 40 x 80 pixels, all of whose keypoints are labelled."""
    points = [[30 + i, 40 + 3 * i, 2] for i in range(NUM_KEYPOINTS)]
    if not labelled:
        points = [[0, 0, 0]] * NUM_KEYPOINTS
    return dict(
        id=id, image_id=image_id, category_id=1, bbox=[20., 30., 40., 80.],
        area=1700., iscrowd=0, keypoints=sum(map(list, points), []),
        num_keypoints=NUM_KEYPOINTS if labelled else 0)


def make_content() -> dict:
    """Three pictures: two persons; one person; one without any label."""
    return dict(
        images=[dict(id=i, file_name=f'{i}.jpg', width=200, height=150)
                for i in (1, 2, 3)],
        annotations=[make_person(11, 1), make_person(12, 1, labelled=False),
                     make_person(21, 2), make_person(31, 3, labelled=False)],
        categories=[dict(id=1, name='person')])


def build(root: Path, content: dict | list | str | None = None, **kwargs):
    """Write a file and build the data set on it."""
    (root / 'images').mkdir(exist_ok=True)
    if content is not None:
        text = content if isinstance(content, str) else json.dumps(content)
        (root / 'ann.json').write_text(text)
    return DATASETS.build(
        dict(type='CheckedCocoDataset', data_root=str(root),
             ann_file='ann.json', data_prefix=dict(img='images/'),
             data_mode='bottomup', **kwargs))


@pytest.mark.parametrize('test_mode', [False, True])
def test_good_file_is_read_as_mmpose_reads_it(tmp_path, test_mode):
    ours = build(tmp_path, make_content(), test_mode=test_mode)
    theirs = DATASETS.build(
        dict(type='CocoDataset', data_root=str(tmp_path), ann_file='ann.json',
             data_prefix=dict(img='images/'), data_mode='bottomup',
             test_mode=test_mode))
    assert len(ours) == len(theirs) == 3
    for i in range(3):
        a, b = ours.get_data_info(i), theirs.get_data_info(i)
        assert a.keys() == b.keys()
        for key in ('bbox', 'keypoints', 'keypoints_visible', 'area'):
            np.testing.assert_array_equal(a[key], b[key])
        assert a['raw_ann_info'] == b['raw_ann_info']


def test_missing_annotation_file_names_the_path_and_the_variable(tmp_path):
    with pytest.raises(InputError, match='ann.json.*SASD_DATA_ROOT'):
        build(tmp_path)


def test_missing_picture_folder_is_named(tmp_path):
    content = make_content()
    (tmp_path / 'ann.json').write_text(json.dumps(content))
    with pytest.raises(InputError, match='photos.*SASD_DATA_ROOT'):
        DATASETS.build(
            dict(type='CheckedCocoDataset', data_root=str(tmp_path),
                 ann_file='ann.json', data_prefix=dict(img='photos/'),
                 data_mode='bottomup'))


@pytest.mark.parametrize(('content', 'line'), [
    ('{"images": [', 'not a json file'),
    ([1, 2], 'not a COCO annotation file'),
    (dict(annotations=[], categories=[]), "'images'"),
    (dict(images=[dict(id=1, file_name='1.jpg')],
          annotations=[make_person(1, 1)]), "lacks the key 'width'"),
    (dict(images=[], annotations=[dict(id=1)]), "lacks the key 'image_id'"),
])
def test_files_of_another_format(tmp_path, content, line):
    with pytest.raises(InputError, match=line) as info:
        build(tmp_path, content)
    assert 'ann.json' in str(info.value)
    assert '\n' not in str(info.value)


def test_other_number_of_keypoints_names_annotation_and_both(tmp_path):
    content = make_content()
    content['annotations'][2]['keypoints'] = [1., 1., 2.] * 14
    with pytest.raises(InputError, match='annotation 21 has 42 .* 51 ') as info:
        build(tmp_path, content)
    assert 'metainfo' in str(info.value)


@pytest.mark.parametrize('box', [[1., 2., 3.], [0., 0., float('nan'), 5.]])
def test_box_that_is_none(tmp_path, box):
    content = make_content()
    content['annotations'][0]['bbox'] = box
    with pytest.raises(InputError, match='annotation 11 has bbox'):
        build(tmp_path, content)


@pytest.mark.parametrize('test_mode', [False, True])
def test_no_labelled_keypoint_anywhere(tmp_path, test_mode):
    content = make_content()
    content['annotations'] = [make_person(1, 1, False), make_person(2, 2, False)]
    with pytest.raises(InputError, match='none of its 2 persons'):
        build(tmp_path, content, test_mode=test_mode)


def test_annotations_may_be_absent_in_testing_only(tmp_path):
    content = dict(make_content(), annotations=[])
    assert len(build(tmp_path, content, test_mode=True)) == 3
    with pytest.raises(InputError, match='none of its 0 persons'):
        build(tmp_path, content)


def test_zero_size_boxes_are_left_out_of_training_and_counted(
        tmp_path, warned):
    content = make_content()
    content['annotations'][0]['bbox'] = [20., 30., 0., 80.]
    # Outside of its picture: nothing is left of it.
    content['annotations'].append(
        dict(make_person(22, 2), bbox=[500., 10., 20., 20.]))
    train = build(tmp_path, content)
    assert [train.get_data_info(i)['id'] for i in range(3)] == [[12], [21], [31]]
    assert len(warned) == 1
    assert '2 of 5 persons have a box of zero size' in warned[0]
    test = build(tmp_path, content, test_mode=True)
    assert test.get_data_info(0)['id'] == [11, 12]


def test_missing_areas(tmp_path, warned):
    content = make_content()
    del content['annotations'][0]['area']
    train = build(tmp_path, content)
    area = train.get_data_info(0)['area']
    np.testing.assert_allclose(area, [0.53 * 40 * 80, 1700.], rtol=1e-6)
    assert not warned
    test = build(tmp_path, content, test_mode=True)
    anns = test.get_data_info(0)['raw_ann_info']
    assert anns[0]['area'] == pytest.approx(0.53 * 40 * 80)
    assert anns[1]['area'] == 1700.
    assert len(warned) == 1
    assert '1 of 4 annotations have no area' in warned[0]


def test_missing_num_keypoints_counts_labels(tmp_path):
    content = make_content()
    for ann in content['annotations']:
        del ann['num_keypoints']
    # Coordinates without a label are no keypoint.
    content['annotations'][1]['keypoints'][:3] = [33., 44., 0.]
    info = build(tmp_path, content).get_data_info(0)
    assert info['num_keypoints'] == [NUM_KEYPOINTS, 0]


def test_filter_empty_gt_leaves_out_pictures_without_labels(tmp_path):
    content = make_content()
    cfg = dict(filter_empty_gt=True)
    train = build(tmp_path, content, filter_cfg=cfg)
    assert [train.get_data_info(i)['img_id'] for i in range(len(train))] == [1, 2]
    assert len(build(tmp_path, content, filter_cfg=cfg, test_mode=True)) == 3


def test_unlabelled_persons_become_no_training_target(tmp_path):
    drop = TRANSFORMS.build(
        dict(type='FilterAnnotations', by_kpt=True, by_box=True,
             keep_empty=False))
    dataset = build(tmp_path, make_content(), pipeline=[drop])
    assert dataset[0]['bbox'].shape == (1, 4)
    assert dataset[2]['bbox'].shape == (0, 4)
    assert dataset[2]['keypoints'].shape == (0, NUM_KEYPOINTS, 2)


def test_crowdpose_takes_its_number_of_keypoints_from_its_metainfo(tmp_path):
    (tmp_path / 'images').mkdir()
    content = make_content()
    cfg = dict(type='CheckedCrowdPoseDataset', data_root=str(tmp_path),
               ann_file='ann.json', data_prefix=dict(img='images/'),
               data_mode='bottomup')
    (tmp_path / 'ann.json').write_text(json.dumps(content))
    with pytest.raises(InputError, match='14 keypoints in the metainfo'):
        DATASETS.build(copy.deepcopy(cfg))
    for ann in content['annotations']:
        ann['keypoints'] = ann['keypoints'][:42]
        del ann['area']
    for image in content['images']:
        image['crowdIndex'] = 0.4
    (tmp_path / 'ann.json').write_text(json.dumps(content))
    assert len(DATASETS.build(copy.deepcopy(cfg))) == 3


@pytest.mark.parametrize(('value', 'root'), [
    (None, 'data/'), ('/some/where', '/some/where/'),
])
def test_data_root_comes_from_the_environment(tmp_path, monkeypatch, value,
                                              root):
    """The configs' way to say where the data is, through ``_base_`` too."""
    monkeypatch.delenv('SASD_DATA_ROOT', raising=False)
    if value:
        monkeypatch.setenv('SASD_DATA_ROOT', value)
    (tmp_path / 'base.py').write_text(
        "data_root = '{{$SASD_DATA_ROOT:data}}/'\n"
        "dataset = dict(data_root=data_root + 'coco/')\n")
    (tmp_path / 'child.py').write_text(
        "_base_ = ['base.py']\nval = dict(data_root=_base_.data_root)\n")
    config = Config.fromfile(tmp_path / 'child.py')
    assert config.dataset.data_root == f'{root}coco/'
    assert config.val.data_root == root


def test_coco_mini_loads(coco_mini):
    dataset = DATASETS.build(
        dict(type='CheckedCocoDataset', data_root=str(coco_mini),
             ann_file='annotations/person_keypoints_val.json',
             data_prefix=dict(img='images/'), data_mode='bottomup',
             test_mode=True))
    assert len(dataset) == 320
