"""Labels of other tools become COCO annotations and a metainfo file."""
from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from PIL import Image
from pycocotools.coco import COCO

from sasd_mmpose import InputError
from sasd_mmpose.datasets.coco_exports import read_coco_export, tidy
from sasd_mmpose.datasets.metainfo_files import (
    KeypointSet,
    guess_swaps,
    write_metainfo,
)
from sasd_mmpose.datasets.yolo_labels import label_file, read_yolo_yaml, to_coco
from sasd_mmpose.images import read_image

NAMES = ['nose', 'left_paw', 'right_paw']


def write_image(path: Path, width: int = 200, height: int = 100) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((height, width, 3), np.uint8))


@pytest.fixture
def yolo(tmp_path):
    """A YOLO-pose data set of two images; one has nobody."""
    for name in 'a', 'b':
        write_image(tmp_path / 'images' / 'train' / f'{name}.jpg')
    labels = tmp_path / 'labels' / 'train' / 'a.txt'
    labels.parent.mkdir(parents=True)
    labels.write_text('0 0.5 0.5 0.4 0.8  0.5 0.1 2  0.4 0.9 1  0 0 0\n\n')
    content = dict(path='.', train='images/train', names={0: 'cat'},
                   kpt_shape=[3, 3], flip_idx=[0, 2, 1],
                   kpt_names={0: NAMES})
    file = tmp_path / 'data.yaml'
    file.write_text(yaml.safe_dump(content))
    return file, content, labels


def test_yolo_labels_are_in_pixels(yolo, tmp_path):
    dataset = read_yolo_yaml(yolo[0])
    coco = to_coco(dataset, 'train', tmp_path)
    assert [(i['file_name'], i['width'], i['height']) for i in coco['images']] == [
        ('images/train/a.jpg', 200, 100), ('images/train/b.jpg', 200, 100)]
    person, = coco['annotations']
    assert person['bbox'] == [60, 10, 80, 80] and person['image_id'] == 1
    assert person['keypoints'] == [100, 10, 2, 80, 90, 1, 0, 0, 0]
    assert person['num_keypoints'] == 2 and person['category_id'] == 1
    file = tmp_path / 'coco.json'
    file.write_text(json.dumps(coco))
    assert len(COCO(str(file)).getAnnIds()) == 1


def test_a_turned_jpeg_counts_upright(yolo, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new('RGB', (200, 100)).save(tmp_path / 'images/train/a.jpg', exif=exif)
    coco = to_coco(read_yolo_yaml(yolo[0]), 'train', tmp_path)
    assert (coco['images'][0]['width'], coco['images'][0]['height']) == (100, 200)
    assert coco['annotations'][0]['bbox'] == [30, 20, 40, 160]


def test_the_size_is_that_of_the_decoded_image(yolo, tmp_path):
    """OpenCV may leave a PNG as it is stored."""
    path = tmp_path / 'images/train/a.jpg'
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new('RGB', (200, 100)).save(path, format='PNG', exif=exif)
    image = to_coco(read_yolo_yaml(yolo[0]), 'train', tmp_path)['images'][0]
    assert (image['height'], image['width']) == read_image(path).shape[:2]
    path.write_bytes(b'broken')
    with pytest.raises(InputError, match='a.jpg'):
        to_coco(read_yolo_yaml(yolo[0]), 'train', tmp_path)


def test_two_numbers_per_keypoint(yolo, tmp_path):
    file, content, labels = yolo
    file.write_text(yaml.safe_dump(dict(content, kpt_shape=[3, 2])))
    labels.write_text('0 .5 .5 .4 .8 .5 .1 .4 .9 0 0\n')
    person, = to_coco(read_yolo_yaml(file), 'train', tmp_path)['annotations']
    assert person['keypoints'][2::3] == [2, 2, 0]


@pytest.mark.parametrize('name, value, message', [
    ('kpt_shape', None, 'kpt_shape is None'),
    ('kpt_shape', [3, 4], 'kpt_shape is [3, 4]'),
    ('flip_idx', [1, 2, 0], 'flip_idx is [1, 2, 0]'),
    ('flip_idx', [0, '2', 1], "flip_idx is [0, '2', 1]"),
    ('kpt_names', {0: ['a', 'a', 'b']}, 'kpt_names must be 3 names'),
    ('kpt_names', 5, 'kpt_names must be 3 names'),
    ('kpt_names', [['a'], {}, 'b', 1], 'kpt_names must be 3 names'),
    ('train', 'images/none', 'train: '),
    ('names', None, 'names must list the classes'),
    ('names', {0: 'cat', 'b': 'dog'}, 'names must list the classes'),
])
def test_what_the_yaml_cannot_say(yolo, name, value, message):
    file, content, _ = yolo
    file.write_text(yaml.safe_dump(dict(content, **{name: value})))
    with pytest.raises(InputError) as error:
        read_yolo_yaml(file)
    assert message in str(error.value) and str(file) in str(error.value)


@pytest.mark.parametrize('line, message', [
    ('0 .5 .5 .4 .8 1 2 3', 'a.txt:2: 8 numbers, and kpt_shape wants 14'),
    ('0 .5 .5 .4 x' + ' 0' * 9, "a.txt:2: '0 .5 .5 .4 x"),
    ('3 .5 .5 .4 .8' + ' 0' * 9, 'a.txt:2: class 3'),
    ('0 50 50 40 80' + ' 0' * 9, 'a.txt:2: a box of [50.0'),
    ('0 .5 .5 nan .8' + ' 0' * 9, 'a.txt:2: NaN or infinity'),
    ('0 .5 .5 .4 .8 .5 .5 inf' + ' 0' * 6, 'a.txt:2: NaN or infinity'),
])
def test_a_bad_line_of_labels_is_named(yolo, tmp_path, line, message):
    yolo[2].write_text('\n' + line)
    with pytest.raises(InputError) as error:
        to_coco(read_yolo_yaml(yolo[0]), 'train', tmp_path)
    assert message in str(error.value)


def test_labels_that_are_no_text(yolo, tmp_path):
    yolo[2].write_bytes(b'\xff\xfe0')
    with pytest.raises(InputError, match='a.txt: cannot be read as text'):
        to_coco(read_yolo_yaml(yolo[0]), 'train', tmp_path)


@pytest.mark.parametrize('line', [
    './images/train/a.jpg', 'images/train/a.jpg', './a.jpg'])
def test_a_list_of_images(yolo, tmp_path, line):
    """Lines with ./ count from the list's folder, if the image is there."""
    file, content, _ = yolo
    file.write_text(yaml.safe_dump(dict(content, train='images/train/list.txt')))
    (tmp_path / 'images/train/list.txt').write_text(
        f'{line}\n\n', encoding='utf-8-sig')
    # The same name beside the yaml file is another image.
    write_image(tmp_path / 'a.jpg', 30, 20)
    coco = to_coco(read_yolo_yaml(file), 'train', tmp_path)
    assert [i['file_name'] for i in coco['images']] == ['images/train/a.jpg']


@pytest.mark.parametrize('where', ['beside', 'absolute', 'working', 'elsewhere'])
def test_where_the_data_set_is(yolo, tmp_path, monkeypatch, where):
    """``path`` counts from the yaml file, the working folder, or is absolute."""
    file, content, _ = yolo
    named = dict(beside='..', absolute=str(tmp_path), working='.',
                 elsewhere='/content/cats')[where]
    if where == 'working':
        monkeypatch.chdir(tmp_path.parent)
        named = tmp_path.name
    if where != 'elsewhere':
        file = tmp_path / 'yaml' / 'data.yaml'
        file.parent.mkdir()
    file.write_text(yaml.safe_dump(dict(content, path=named)))
    image = read_yolo_yaml(file).splits['train'][0]
    assert image.resolve() == tmp_path / 'images' / 'train' / 'a.jpg'


def test_no_yaml(tmp_path):
    file = tmp_path / 'data.yaml'
    for text in ('a: [', '- 1', ''):
        file.write_text(text)
        with pytest.raises(InputError, match='data.yaml: '):
            read_yolo_yaml(file)


def test_labels_stand_beside_images():
    assert label_file(Path('d/images/train/x.jpg')) == Path('d/labels/train/x.txt')
    assert label_file(Path('images/images/x.jpg')) == Path('images/labels/x.txt')
    assert label_file(Path('x.jpg')) == Path('x.txt')


@pytest.mark.parametrize('names, swaps', [
    (['nose', 'left_eye', 'right_eye'], [0, 2, 1]),
    (['L-knee', 'tail', 'R-knee'], [2, 1, 0]),
    (['Left Hand', 'Right Hand'], [1, 0]),
    (['left_eye', 'collar', 'lip'], [0, 1, 2]),
])
def test_left_and_right_are_told_by_name(names, swaps):
    assert guess_swaps(names) == swaps


def test_the_metainfo_file_is_mmposes(tmp_path):
    file = tmp_path / 'cats.py'
    write_metainfo(file, 'cats', KeypointSet(NAMES, [(0, 1), (0, 2)]), 'data.yaml')
    metainfo = parse_pose_metainfo(dict(from_file=str(file)))
    assert metainfo['num_keypoints'] == 3
    assert metainfo['flip_indices'] == [0, 2, 1]
    assert metainfo['skeleton_links'] == [(0, 1), (0, 2)]
    np.testing.assert_allclose(metainfo['sigmas'], [.026, .08, .08])


@pytest.fixture
def export(tmp_path):
    """A COCO export as Label Studio and Roboflow write it."""
    write_image(tmp_path / 'images' / 'one.jpg')
    write_image(tmp_path / 'images' / 'sub' / 'two.jpg')
    content = dict(
        images=[dict(id='x7', file_name='..\\upload\\0a1b2c3d-one.jpg', width=200,
                     height=100),
                dict(id=3, file_name='sub/two.jpg', width=200, height=100)],
        annotations=[
            dict(id=0, image_id='x7', category_id=1, bbox=[1, 2, 3, 4],
                 keypoints=[1, 2, 2] * 3),
            dict(id=0, image_id=3, category_id=0, bbox=[1, 2, 3, 4])],
        categories=[dict(id=0, name='animals'),
                    dict(id=1, name='cat', keypoints=NAMES,
                         skeleton=[[1, 2], [1, 3]])])
    return content, tmp_path / 'images'


def test_an_export_is_tidied(export):
    content, folder = export
    coco, keypoints = tidy(content, Path('export.json'), folder)
    assert [(i['id'], i['file_name']) for i in coco['images']] == [
        (1, 'one.jpg'), (2, 'sub/two.jpg')]
    person, = coco['annotations']
    assert (person['id'], person['image_id'], person['category_id']) == (1, 1, 1)
    assert [c['name'] for c in coco['categories']] == ['cat']
    assert keypoints == KeypointSet(NAMES, [(0, 1), (0, 2)], [0, 2, 1])


@pytest.mark.parametrize('change, message', [
    (lambda c: c['categories'].pop(), 'no category lists its keypoints'),
    (lambda c: c['annotations'][0].update(image_id=9), 'annotations of image 9'),
    (lambda c: c['images'][1].update(id='x7'), "image id 'x7' occurs 2 times"),
    (lambda c: c['images'][1].update(file_name='no.jpg'), 'no such file is in'),
    (lambda c: c['categories'][1].update(skeleton=[[0, 1]]), 'count from 1 to 3'),
    (lambda c: c['categories'][1].update(skeleton=[1, 2]), 'list of pairs'),
    (lambda c: c['categories'][1].update(skeleton=[[1, 2, 3]]), 'list of pairs'),
    (lambda c: c['categories'][1].update(skeleton=[[1, None]]), 'list of pairs'),
    (lambda c: c['categories'][1].update(skeleton=7), 'list of pairs'),
    (lambda c: c['categories'][1].update(keypoints=3), 'list their names'),
    (lambda c: c['categories'].append(dict(id=5, name='dog', keypoints=['a'])),
     'cat and dog have different keypoints'),
    (lambda c: c['annotations'][0].pop('image_id'), "lacks 'image_id'"),
])
def test_what_an_export_cannot_be(export, change, message):
    content, folder = export
    change(content)
    with pytest.raises(InputError) as error:
        tidy(content, Path('export.json'), folder)
    assert message in str(error.value)


CAT = dict(name='cat', keypoints=NAMES, skeleton=[[1, 2], [1, 3]])
BOX = dict(bbox=[10, 10, 50, 50], area=2500, iscrowd=0, segmentation=[])


def tool_content(name, categories, *annotations):
    return dict(
        info={}, licenses=[], categories=categories,
        images=[dict(id=1, file_name=name, width=200, height=100)],
        annotations=[dict(BOX, image_id=1, id=i, **a)
                     for i, a in enumerate(annotations, start=1)])


@pytest.mark.parametrize('name, stored, categories, kind', [
    # Roboflow: a category above the others, and a hash in the name.
    ('a_jpg.rf.0f3e9c.jpg', 'train/a_jpg.rf.0f3e9c.jpg',
     [dict(id=0, name='cats', supercategory='none'),
      dict(CAT, id=1, supercategory='cats')], 1),
    # CVAT: each label is a category, and so is each point of a skeleton.
    ('default/a.jpg', 'default/a.jpg',
     [dict(CAT, id=1, supercategory='')]
     + [dict(id=i, name=name, supercategory='cat', keypoints=[], skeleton=[])
        for i, name in enumerate(NAMES, start=2)], 1),
    # Another tool, whose category has no skeleton.
    ('images/23082be9-a.jpg', 'images/23082be9-a.jpg',
     [dict(id=0, name='box'), dict(id=1, name='cat', keypoints=NAMES)], 1),
])
def test_categories_of_the_tools(tmp_path, name, stored, categories, kind):
    write_image(tmp_path / stored)
    content = tool_content(
        name, categories, dict(category_id=kind, keypoints=[20, 20, 2] * 3),
        dict(category_id=kind, keypoints=[], num_keypoints=0))
    coco, keypoints = tidy(content, Path('x.json'), tmp_path)
    assert keypoints.names == NAMES
    assert keypoints.bones == ([(0, 1), (0, 2)] if 'box' not in str(categories)
                               else [])
    assert [c['id'] for c in coco['categories']] == [1]
    assert [i['file_name'] for i in coco['images']] == [stored]
    assert [a['category_id'] for a in coco['annotations']] == [1]


@pytest.mark.parametrize('points, message', [
    (3, 'give one "keypoints": \\[...\\] with 3 names'),
    (1, 'each annotation is one point'), (0, 'export as "COCO keypoints"')])
def test_categories_without_keypoints(tmp_path, points, message):
    """Label Studio writes the points, and a category for each label."""
    content = tool_content(
        'a.jpg', [dict(id=i, name=name) for i, name in enumerate(NAMES)],
        dict(category_id=0, keypoints=[20, 20, 2] * points))
    with pytest.raises(InputError, match=message):
        tidy(content, Path('x.json'), tmp_path)


@pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16'])
def test_an_export_saved_on_windows(export, tmp_path, encoding):
    file = tmp_path / 'x.json'
    file.write_text(json.dumps(export[0]), encoding=encoding)
    assert read_coco_export(file) == export[0]


def test_no_coco_file(tmp_path):
    for text in ('{', '[]', '{"images": []}'):
        (tmp_path / 'x.json').write_text(text)
        with pytest.raises(InputError, match='x.json: '):
            read_coco_export(tmp_path / 'x.json')
