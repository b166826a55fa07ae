"""Each thing that is wrong with an annotation file gets one clear line."""
from __future__ import annotations

import copy
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from annotation_files import NUM_KEYPOINTS, make_content, make_person
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS, TRANSFORMS
from PIL import Image

from sasd_mmpose import InputError
from sasd_mmpose.datasets.image_checks import image_findings
from sasd_mmpose.datasets.transforms.image_size import stored_size
from sasd_mmpose.images import read_image


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


def write_images(root: Path, content: dict, size: tuple[int, int]) -> None:
    (root / 'images').mkdir(exist_ok=True)
    for image in content['images']:
        cv2.imwrite(str(root / 'images' / image['file_name']),
                    np.zeros((size[1], size[0], 3), np.uint8))


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
        assert a.pop('ann_img_shape') == (150, 200)
        assert a.keys() == b.keys()
        for key in ('bbox', 'keypoints', 'keypoints_visible', 'area'):
            np.testing.assert_array_equal(a[key], b[key])
        assert a['raw_ann_info'] == b['raw_ann_info']


def test_missing_annotation_file_names_the_path_and_the_variable(tmp_path):
    with pytest.raises(InputError, match='ann.json.*SASD_DATA_ROOT'):
        build(tmp_path)


def test_missing_image_folder_is_named(tmp_path):
    content = make_content()
    (tmp_path / 'ann.json').write_text(json.dumps(content))
    with pytest.raises(InputError, match='photos.*SASD_DATA_ROOT'):
        DATASETS.build(
            dict(type='CheckedCocoDataset', data_root=str(tmp_path),
                 ann_file='ann.json', data_prefix=dict(img='photos/'),
                 data_mode='bottomup'))


@pytest.mark.parametrize(('content', 'line'), [
    ('{"images": [', 'not a json file'),
    ('', 'not a json file'),
    ([1, 2], 'not a COCO annotation file'),
    (dict(annotations=[], categories=[]), "'images'"),
    (dict(images=[], annotations=[], categories=[]), 'images: there are none'),
    (dict(images=[dict(id=1, file_name='1.jpg')], categories=[],
          annotations=[make_person(1, 1)]), r"images\[0\]: lacks .* 'width'"),
    (dict(images=[], annotations=[dict(id=1)], categories=[]),
     r"annotations\[0\]: lacks the key 'image_id'"),
])
def test_files_of_another_format(tmp_path, content, line):
    with pytest.raises(InputError, match=line) as info:
        build(tmp_path, content)
    assert 'ann.json' in str(info.value)
    assert '\n' not in str(info.value)


def test_other_number_of_keypoints_names_annotation_and_both(tmp_path):
    content = make_content()
    content['annotations'][2]['keypoints'] = [1., 1., 2.] * 14
    place = r'annotations\[2\].keypoints: 42 .* 51 '
    with pytest.raises(InputError, match=place) as info:
        build(tmp_path, content)
    assert 'metainfo' in str(info.value)


def test_no_labelled_keypoint_anywhere(tmp_path):
    content = make_content()
    content['annotations'] = [make_person(1, 1, False), make_person(2, 2, False)]
    with pytest.raises(InputError, match='none of its 2 persons'):
        build(tmp_path, content)
    # Images without labels can still be predicted.
    assert len(build(tmp_path, content, test_mode=True)) == 3


def test_annotations_may_be_absent_in_testing_only(tmp_path):
    content = dict(make_content(), annotations=[])
    assert len(build(tmp_path, content, test_mode=True)) == 3
    del content['annotations']
    assert len(build(tmp_path, content, test_mode=True)) == 3
    with pytest.raises(InputError, match='annotations: not there'):
        build(tmp_path, content)


def test_zero_size_boxes_are_left_out_of_training_and_counted(
        tmp_path, warned):
    content = make_content()
    content['annotations'][0]['bbox'] = [20., 30., 0., 80.]
    # Outside of its image: nothing is left of it.
    content['annotations'].append(
        dict(make_person(22, 2), bbox=[500., 10., 20., 20.]))
    train = build(tmp_path, content)
    assert [train.get_data_info(i)['id'] for i in range(3)] == [[12], [21], [31]]
    line, = (line for line in warned if 'zero size' in line)
    assert 'annotations[0].bbox: one of 2 (of 5) persons' in line
    test = build(tmp_path, content, test_mode=True)
    assert test.get_data_info(0)['id'] == [11, 12]


def test_missing_areas_are_estimated(tmp_path):
    content = make_content()
    del content['annotations'][0]['area']
    train = build(tmp_path, content)
    area = train.get_data_info(0)['area']
    np.testing.assert_allclose(area, [0.53 * 40 * 80, 1700.], rtol=1e-6)
    test = build(tmp_path, content, test_mode=True)
    anns = test.get_data_info(0)['raw_ann_info']
    assert anns[0]['area'] == pytest.approx(0.53 * 40 * 80)
    assert anns[1]['area'] == 1700.


def test_missing_num_keypoints_counts_labels(tmp_path):
    content = make_content()
    for ann in content['annotations']:
        del ann['num_keypoints']
    # Coordinates without a label are no keypoint.
    content['annotations'][1]['keypoints'][:3] = [33., 44., 0.]
    info = build(tmp_path, content).get_data_info(0)
    assert info['num_keypoints'] == [NUM_KEYPOINTS, 0]


def test_filter_empty_gt_leaves_out_images_without_labels(tmp_path):
    content = make_content()
    cfg = dict(filter_empty_gt=True)
    train = build(tmp_path, content, filter_cfg=cfg)
    assert [train.get_data_info(i)['img_id'] for i in range(len(train))] == [1, 2]
    assert len(build(tmp_path, content, filter_cfg=cfg, test_mode=True)) == 3


@pytest.mark.parametrize('kwargs', [
    dict(indices=0), dict(indices=[]), dict(indices=[0, 3]),
    dict(sample_interval=7)])
def test_nothing_left_of_a_good_file(tmp_path, kwargs):
    with pytest.raises(InputError, match='(leaves none|is left after)'):
        build(tmp_path, make_content(), **kwargs)


def test_nothing_left_after_filtering(tmp_path):
    content = make_content()
    for ann in content['annotations']:
        ann['bbox'] = [0, 0, 0, 0]
    with pytest.raises(InputError, match='none of (its|the) 4 persons has a box'):
        build(tmp_path, content)


@pytest.mark.parametrize('keep_empty', [False, True])
def test_a_pipeline_that_leaves_nobody_ends_with_the_counts(
        tmp_path, keep_empty):
    """Which it does with a sample of nobody, or with none at all."""
    content = make_content()
    write_images(tmp_path, content, (200, 150))
    dataset = build(
        tmp_path, content, filter_cfg=dict(filter_empty_gt=True), pipeline=[
            dict(type='LoadPoseImage'),
            dict(type='FilterAnnotations', by_box=True, keep_empty=keep_empty,
                 min_gt_bbox_wh=(100, 100)),
            dict(type='GenerateTarget', encoder=dict(
                type='YOLOXPoseAnnotationProcessor')),
            dict(type='PackPoseInputs')])
    with pytest.raises(InputError, match=r'of 8 samples in a row \(of 2 '
                       r'images\) the pipeline left no person'):
        for _ in range(8):
            dataset[0]


def test_single_samples_without_a_person_pass(tmp_path):
    dataset = build(tmp_path, make_content(), pipeline=[])
    drop = iter([True, False] * 20)
    dataset.pipeline = lambda info: None if next(drop) else info
    for _ in range(20):
        assert dataset[0] is not None


def test_a_segmentation_in_some_records_only(tmp_path):
    content = make_content()
    polygon = [20., 30., 60., 30., 60., 110.]
    content['annotations'][0]['segmentation'] = [polygon]
    content['annotations'][2]['segmentation'] = dict(counts=[1], size=[1, 1])
    content['annotations'][3]['segmentation'] = None
    dataset = build(tmp_path, content)
    assert len(dataset) == 3
    assert dataset.get_data_info(0)['segmentation'] == [polygon]


def test_other_categories_are_left_out(tmp_path):
    content = make_content()
    content['categories'].append(dict(id=2, name='dog'))
    content['annotations'].append(
        dict(id=99, image_id=1, category_id=2, bbox=[1, 2, 3, 4]))
    info = build(tmp_path, content).get_data_info(0)
    assert info['id'] == [11, 12]


def test_a_named_category_among_several(tmp_path):
    content = make_content()
    content['categories'].append(dict(id=2, name='child'))
    content['annotations'][0]['category_id'] = 2
    with pytest.raises(InputError, match='2 have keypoints .* name the one'):
        build(tmp_path, content)
    assert build(tmp_path, content, category='child').get_data_info(0)[
        'id'] == [11]
    both = build(tmp_path, content, category=[1, 'child'])
    assert both.get_data_info(0)['id'] == [11, 12]


def test_unlabelled_coordinates_do_not_count(tmp_path):
    content = make_content()
    points = content['annotations'][0]['keypoints']
    points[0:3] = [float('nan'), 5, 0]
    points[3:6] = [None, None, 0]
    points[6:9] = [float('inf'), -1e300, 0]
    info = build(tmp_path, content).get_data_info(0)
    assert np.isfinite(info['keypoints']).all()
    assert info['keypoints_visible'][0].tolist() == [0] * 3 + [1] * 14
    np.testing.assert_array_equal(
        info['keypoints'][0, 3:],
        np.reshape(points, (-1, 3))[3:, :2].astype(float))


@pytest.mark.parametrize('size', [(150, 200), (100, 75), (200, 151)])
@pytest.mark.parametrize('test_mode', [False, True])
def test_images_of_another_size_than_the_file_states(
        tmp_path, size, test_mode):
    content = make_content()
    write_images(tmp_path, content, size)
    with pytest.raises(InputError) as info:
        build(tmp_path, content, test_mode=test_mode)
    line = str(info.value)
    assert '1.jpg' in line and '\n' not in line
    assert f'{size[0]} x {size[1]}' in line and '200 x 150' in line
    assert ('EXIF' in line) == (size == (150, 200))


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.webp', '.bmp'])
@pytest.mark.parametrize('orientation', [None, 1, 3, 6, 8])
def test_the_size_in_a_files_head_is_that_of_the_decoded_image(
        tmp_path, suffix, orientation):
    path = tmp_path / f'a{suffix}'
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    Image.new('RGB', (40, 30)).save(path, exif=exif)
    height, width = read_image(path).shape[:2]
    turned = orientation in (6, 8)
    if suffix == '.jpg':
        assert (width, height) == ((30, 40) if turned else (40, 30))
        assert stored_size(str(path)) == (width, height)
    else:
        assert stored_size(str(path)) in ((width, height), None)


@pytest.mark.parametrize('content', [None, b'', b'text', b'\xff\xd8\xff\xe0'])
def test_files_without_a_size(tmp_path, content):
    path = tmp_path / 'a.jpg'
    if content is not None:
        path.write_bytes(content)
    assert stored_size(str(path)) is None


def test_one_turned_image_among_many_is_found(tmp_path):
    content = make_content()
    content['images'] = [dict(content['images'][0], id=i, file_name=f'{i}.jpg')
                         for i in range(1, 41)]
    write_images(tmp_path, content, (200, 150))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new('RGB', (200, 150)).save(
        tmp_path / 'images' / '29.jpg', exif=exif)
    # In testing, where all images are used.
    with pytest.raises(InputError, match='/29.jpg: 150 x 200 .* 200 x 150.*'
                       'EXIF'):
        build(tmp_path, content, test_mode=True)


def test_all_images_of_a_file_can_be_compared(tmp_path):
    content = make_content()
    write_images(tmp_path, content, (200, 150))
    folder = str(tmp_path / 'images')
    assert not list(image_findings(content['images'], folder))
    content['images'][1]['width'] = 201
    (tmp_path / 'images' / '3.jpg').write_bytes(b'no image')
    size, unreadable = image_findings(content['images'], folder)
    assert size.place == 'images[1]' and '201 x 150' in size.message
    assert unreadable.place == 'images[2]' and '3.jpg' in unreadable.message


def test_images_of_the_right_size_pass(tmp_path):
    content = make_content()
    write_images(tmp_path, content, (200, 150))
    dataset = build(tmp_path, content, pipeline=[dict(type='LoadPoseImage')])
    assert dataset[0]['img'].shape == (150, 200, 3)


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
    with pytest.raises(InputError, match='51 numbers.* 14 keypoints in the metainfo'):
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
