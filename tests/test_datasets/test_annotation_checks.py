"""A whole annotation file is checked at once, and its gaps are filled."""
from __future__ import annotations

import copy
import json
from collections.abc import Callable

import pytest
from annotation_files import NUM_KEYPOINTS, make_content, make_person

from sasd_mmpose import InputError
from sasd_mmpose.datasets.annotation_checks import (
    Needs,
    inspect_annotations,
    load_annotations,
)
from sasd_mmpose.datasets.annotation_schema import read_json
from sasd_mmpose.findings import Severity

NAN = float('nan')


def person(**changes) -> Callable[[dict], None]:
    """Change keys of the third annotation, a labelled person."""
    return lambda content: content['annotations'][2].update(changes)


def without(key: str, section: str = 'annotations') -> Callable[[dict], None]:
    """Take a key out of the third record of a section, or of its only one."""
    return lambda content: content[section][2 % len(content[section])].pop(key)


def keypoint(index: int, value) -> Callable[[dict], None]:
    """Change one number of a person's keypoints."""
    def change(content: dict) -> None:
        content['annotations'][2]['keypoints'][index] = value
    return change


def scale(box: tuple[float, float], points: tuple[float, float]
          ) -> Callable[[dict], None]:
    """Multiply boxes and keypoints of all persons."""
    def change(content: dict) -> None:
        for ann in content['annotations']:
            ann['bbox'] = [v * box[i % 2] for i, v in enumerate(ann['bbox'])]
            ann['keypoints'] = [
                v * (*points, 1)[i % 3]
                for i, v in enumerate(ann['keypoints'])]
    return change


def append(section: str, **record) -> Callable[[dict], None]:
    return lambda content: content[section].append(record)


# What is done to a good file, where the error is, and what it says.
ERRORS = {
    'null keypoints': (person(keypoints=None), 'annotations[2].keypoints',
                       'expected array, got null'),
    'text in keypoints': (keypoint(4, '7'), 'annotations[2].keypoints[4]',
                          'got str'),
    'keypoints in pairs': (person(keypoints=[[1, 2, 2]] * 17),
                           'annotations[2].keypoints[0]', 'got array'),
    'fewer keypoints': (person(keypoints=[1, 1, 2]),
                        'annotations[2].keypoints', '3 numbers, where 51'),
    'no whole triple': (person(keypoints=[1.] * 50),
                        'annotations[2].keypoints', '50 numbers, where 51'),
    'NaN, labelled': (keypoint(3, NAN), 'annotations[2].keypoints[3]',
                      'nan is no pixel coordinate'),
    'null, labelled': (keypoint(4, None), 'annotations[2].keypoints[4]',
                       'null is no pixel coordinate'),
    'infinite, labelled': (keypoint(4, -float('inf')),
                           'annotations[2].keypoints[4]', '-inf is no'),
    'huge, labelled': (keypoint(4, 1e30), 'annotations[2].keypoints[4]',
                       'is no pixel coordinate'),
    'visibility 3': (keypoint(5, 3), 'annotations[2].keypoints[5]',
                     '3 is no visibility'),
    'visibility a share': (keypoint(5, .7), 'annotations[2].keypoints[5]',
                           '0.7 is no visibility'),
    'visibility null': (keypoint(5, None), 'annotations[2].keypoints[5]',
                        'null is no visibility'),
    'visibility NaN': (keypoint(5, NAN), 'annotations[2].keypoints[5]',
                       'nan is no visibility'),
    'no box': (without('bbox'), 'annotations[2].bbox', 'here are none'),
    'null box': (person(bbox=None), 'annotations[2].bbox', 'got null'),
    'box of three': (person(bbox=[1, 2, 3]), 'annotations[2].bbox',
                     'needs four numbers'),
    'box with NaN': (person(bbox=[1, 2, NAN, 3]), 'annotations[2].bbox',
                     'four finite numbers'),
    'negative box': (person(bbox=[9, 9, -3, 3]), 'annotations[2].bbox',
                     'negative width or height'),
    'negative area': (person(area=-4), 'annotations[2].area', '-4 must be'),
    'NaN area': (person(area=NAN), 'annotations[2].area', 'nan must be'),
    'area as text': (person(area='9'), 'annotations[2].area', 'got str'),
    'iscrowd of 2': (person(iscrowd=2), 'annotations[2].iscrowd', '0 or 1'),
    'iscrowd as text': (person(iscrowd='0'), 'annotations[2].iscrowd',
                        'got str'),
    'num_keypoints': (person(num_keypoints=-1),
                      'annotations[2].num_keypoints', '-1 is no number'),
    'annotation id as text': (person(id='a'), 'annotations[2].id', 'got str'),
    'annotation without id': (without('id'), 'annotations[2]',
                              "lacks the key 'id'"),
    'huge id': (person(id=2**70), 'annotations[2].id', '9223372036854775807'),
    'repeated annotation id': (person(id=11), 'annotations[2].id',
                               'the id 11 occurs 2 times'),
    'repeated image id': (
        append('images', id=2, file_name='x.jpg', width=9, height=9),
        'images[3].id', 'the id 2 occurs 2 times'),
    'repeated category id': (append('categories', id=1, name='b'),
                             'categories[1].id', 'the id 1 occurs 2 times'),
    'image id of no image': (person(image_id=9), 'annotations[2].image_id',
                             '9 is not the id of any of images'),
    'image id as text': (person(image_id='2'), 'annotations[2].image_id',
                         'got str'),
    'category of none': (person(category_id=7), 'annotations[2].category_id',
                         '7 is not the id of any of categories'),
    'category without id': (without('id', 'categories'), 'categories[0]',
                            "lacks the key 'id'"),
    'image without width': (without('width', 'images'), 'images[2]',
                            "lacks the key 'width'"),
    'image of no height': (
        lambda content: content['images'][2].update(height=0),
        'images[2].height', '> 0'),
    'record that is none': (lambda c: c['annotations'].__setitem__(2, [1]),
                            'annotations[2]', 'got array'),
    'no categories': (lambda c: c.pop('categories'), 'categories', 'list'),
    'null categories': (lambda c: c.update(categories=None), 'categories',
                        'list'),
    'categories as object': (lambda c: c.update(categories={}), 'categories',
                             'list'),
    'no images': (lambda c: c.update(images=[]), 'images', 'there are none'),
    'no annotations': (lambda c: c.pop('annotations'), 'annotations',
                       'not there'),
    'all normalised': (scale((1 / 200, 1 / 150), (1 / 200, 1 / 150)),
                       'annotations', 'look normalised'),
    'boxes normalised': (scale((1 / 200, 1 / 150), (1, 1)), 'annotations',
                         'look normalised'),
    'keypoints normalised': (scale((1, 1), (1 / 200, 1 / 150)), 'annotations',
                             'look normalised'),
    'nobody labelled': (
        lambda c: c.update(annotations=[make_person(1, 1, False)]),
        'annotations', 'none of its 1 persons'),
}


@pytest.mark.parametrize('fault', ERRORS)
def test_each_error_is_found_and_named(fault):
    change, place, message = ERRORS[fault]
    content = make_content()
    change(content)
    findings, annotations = inspect_annotations(
        content, Needs(num_keypoints=NUM_KEYPOINTS))
    assert annotations is None
    (finding, ) = [f for f in findings if f.severity is Severity.ERROR]
    assert finding.place == place
    assert message in finding.message and '\n' not in str(finding)


def test_a_good_file_has_no_findings():
    content = make_content()
    before = copy.deepcopy(content)
    findings, annotations = inspect_annotations(
        content, Needs(num_keypoints=NUM_KEYPOINTS, area=True))
    assert not findings
    assert annotations.persons == before['annotations']
    assert annotations.images == before['images']
    assert annotations.category_id == 1


def test_all_errors_of_a_file_are_listed():
    content = make_content()
    content['annotations'][0]['bbox'] = [1, 2, 3, NAN]
    content['annotations'][2]['area'] = -1
    content['annotations'][2]['keypoints'][5] = 9
    findings, _ = inspect_annotations(content, Needs())
    assert [f.place for f in findings] == [
        'annotations[0].bbox', 'annotations[2].keypoints[5]',
        'annotations[2].area']


def test_records_with_the_same_fault_are_counted_in_one_line():
    content = make_content()
    for ann in content['annotations'][1:]:
        ann['id'] = str(ann['id'])
    content['images'][0]['height'] = None
    findings, _ = inspect_annotations(content, Needs())
    assert [f.place for f in findings] == [
        'images[0].height', 'annotations[1].id']
    assert findings[1].message.endswith('(one of 3 such records)')


def test_what_can_be_filled_in_is():
    content = make_content()
    expected = copy.deepcopy(content['annotations'])
    for ann in content['annotations']:
        for key in ('num_keypoints', 'iscrowd', 'area'):
            del ann[key]
    content['annotations'][1].update(area=None, iscrowd=None)
    # Like a person without any label.
    del content['annotations'][3]['keypoints']
    findings, annotations = inspect_annotations(
        content, Needs(num_keypoints=NUM_KEYPOINTS, area=True))
    for ann in expected:
        ann['area'] = 0.53 * 40 * 80
    assert annotations.persons == expected
    (finding, ) = findings
    assert finding.severity is Severity.WARNING
    assert '4 (of 4) persons that have no area' in finding.message


@pytest.mark.parametrize(('visible_only', 'stated', 'wanted'), [
    (False, 0, 17), (False, 3, 3), (True, 0, 0), (True, None, 0)])
def test_the_number_of_keypoints(visible_only, stated, wanted):
    """CrowdPose counts visible ones only; all are hidden here."""
    content = make_content()
    person = content['annotations'][0]
    person['num_keypoints'] = stated
    person['keypoints'][2::3] = [1] * NUM_KEYPOINTS
    findings, annotations = inspect_annotations(
        content, Needs(visible_only=visible_only))
    assert annotations.persons[0]['num_keypoints'] == wanted
    assert len(findings) == (stated == 0 and not visible_only)


def test_a_number_of_keypoints_without_labels_is_counted_again():
    content = make_content()
    content['annotations'][1]['num_keypoints'] = 5
    (finding, ), annotations = inspect_annotations(content, Needs())
    assert finding.place == 'annotations[1].num_keypoints'
    assert annotations.persons[1]['num_keypoints'] == 0


@pytest.mark.parametrize('id', [0, 7, -3])
def test_the_only_category_may_have_any_id(id):
    content = make_content()
    content['categories'] = [dict(id=5, name='none of it'),
                             dict(id=id, name='people')]
    for ann in content['annotations']:
        ann['category_id'] = id
    _, annotations = inspect_annotations(content, Needs())
    assert annotations.category_id == id
    assert len(annotations.persons) == 4


def test_several_categories_have_to_be_named():
    content = make_content()
    content['categories'].append(dict(id=2, name='child'))
    content['annotations'][0]['category_id'] = 2

    def inspect(category):
        return inspect_annotations(
            copy.deepcopy(content), Needs(category=category))

    (finding, ), annotations = inspect(None)
    assert annotations is None
    assert "1 'person', 2 'child'" in finding.message
    for name, wanted in ((1, [12, 21, 31]), ('child', [11]),
                         (['child', 1], [11, 12, 21, 31])):
        _, annotations = inspect(name)
        assert [p['id'] for p in annotations.persons] == wanted
        assert {p['category_id'] for p in annotations.persons} == {
            annotations.category_id}
    (finding, ), annotations = inspect('adult')
    assert annotations is None and "category='adult'" in finding.message


def test_records_of_other_categories_need_neither_box_nor_keypoints():
    content = make_content()
    content['categories'].append(dict(id=2, name='dog'))
    content['annotations'].append(dict(id=99, image_id=1, category_id=2))
    findings, annotations = inspect_annotations(content, Needs())
    assert not findings and len(annotations.persons) == 4


@pytest.mark.parametrize('value', [None, NAN])
def test_crowd_indices_where_they_are_needed(value):
    content = make_content()
    for image in content['images']:
        image['crowdIndex'] = 0.5
    content['images'][1]['crowdIndex'] = value
    assert not inspect_annotations(copy.deepcopy(content), Needs())[0]
    (finding, ), _ = inspect_annotations(content, Needs(crowd_index=True))
    assert finding.place == 'images[1].crowdIndex'


WARNINGS = {
    'small': (person(bbox=[31, 41, 1.5, 30]), 'annotations[2].bbox',
              'less than 2 pixels'),
    'empty': (person(bbox=[31, 41, 0, 0]), 'annotations[2].bbox',
              'zero size'),
    'corners instead of sizes': (person(bbox=[20, 30, 190, 140]),
                                 'annotations[2].bbox', 'not two corners'),
    'somewhere else': (person(bbox=[100, 100, 40, 40]),
                       'annotations[2].keypoints', 'inside their box'),
}


@pytest.mark.parametrize('fault', WARNINGS)
def test_what_looks_wrong_is_mentioned(fault):
    change, place, message = WARNINGS[fault]
    content = make_content()
    change(content)
    findings, annotations = inspect_annotations(content, Needs())
    assert annotations is not None
    assert {f.severity for f in findings} == {Severity.WARNING}
    assert [f.place for f in findings if message in f.message] == [place]


def test_labels_outside_the_image_are_mentioned():
    content = make_content()
    for image in content['images']:
        image.update(width=100, height=50)
    findings, _ = inspect_annotations(content, Needs())
    assert any('outside the image' in f.message for f in findings)


@pytest.mark.parametrize('text', [
    '', '{', '[1, 2', '\ud7ff{"a": }', '{"images": [}]'])
def test_text_that_is_no_json(tmp_path, text):
    path = tmp_path / 'ann.json'
    path.write_text(text)
    with pytest.raises(InputError, match='ann.json: not a json file') as info:
        read_json(str(path))
    assert '\n' not in str(info.value)


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / 'ann.json'
    path.write_bytes(b'{"images": "\xff\xfe"}')
    with pytest.raises(InputError, match='ann.json: not a json file'):
        read_json(str(path))


def test_json_nested_without_end(tmp_path):
    path = tmp_path / 'ann.json'
    path.write_text('[' * 200_000)
    with pytest.raises(InputError, match='ann.json: not a json file'):
        read_json(str(path))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match='none.json: no such annotation'):
        read_json(str(tmp_path / 'none.json'))
    with pytest.raises(InputError, match='cannot be read'):
        read_json(str(tmp_path))


@pytest.mark.parametrize('start', ['', '\ufeff'])
def test_what_python_writes_is_read(tmp_path, start):
    """Python writes NaN, and a byte order mark comes from other programs."""
    path = tmp_path / 'ann.json'
    content = make_content()
    content['annotations'][0]['keypoints'][:3] = [NAN, NAN, 0]
    path.write_text(start + json.dumps(content))
    annotations = load_annotations(str(path), Needs())
    assert annotations.persons[0]['keypoints'][:3] == [0, 0, 0]
    assert annotations.persons[0]['keypoints'][3:] == (
        content['annotations'][0]['keypoints'][3:])


def test_an_image_that_is_listed_twice_is_named():
    content = make_content()
    first = content['images'][0]['file_name']
    content['images'][1]['file_name'] = first
    findings, annotations = inspect_annotations(content, Needs(NUM_KEYPOINTS))
    assert annotations is not None
    found = [f for f in findings if 'listed before' in f.message]
    assert [f.place for f in found] == ['images[1].file_name']
    assert found[0].severity is Severity.WARNING
    assert first in found[0].message


def test_names_of_the_category_are_compared():
    content = make_content()
    names = [f'k{i}' for i in range(17)]
    content['categories'][0]['keypoints'] = [names[1], names[0], *names[2:]]
    finding, = inspect_annotations(content, Needs(17, names=names))[0]
    assert str(finding).startswith(
        'categories[0].keypoints: the names have another order than in the metainfo '
        "('k1' where that has 'k0')") and finding.severity is Severity.ERROR
    # Other names for the same keypoints are no matter.
    other = [f'joint {name}' for name in names]
    assert inspect_annotations(content, Needs(17, names=other))[0] == []
    content['categories'][0]['keypoints'] = names[:2]
    finding, = inspect_annotations(content, Needs(17, names=names))[0]
    assert '2 names, and the persons have 17' in str(finding)
    assert finding.severity is Severity.WARNING
