"""A data set is checked as a whole: all faults at once, with their places."""
from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path

import cv2
import mmpose
import numpy as np
import pytest
from annotation_files import make_content, make_person
from mmengine.config import Config

from sasd_mmpose.datasets.annotation_checks import Needs
from sasd_mmpose.datasets.dataset_report import check_dataset, everything_wrong
from sasd_mmpose.findings import Severity

MESSAGES = dict(
    duplicate='occurs 3 times, and must be unique',
    lost='is not the id of any of images',
    text='expected int, got str',
    null='is no pixel coordinate of a labelled keypoint',
    visibility='is no visibility',
    box='a person needs four numbers',
    number='numbers, where 51 belong')


def add_faults(content: dict) -> None:
    """Give one record more for each kind of fault, every one at its end."""
    people = content['annotations']
    people += [make_person(100 + i, 1) for i in range(9)]
    people[4]['id'] = people[5]['id'] = 11
    people[6]['image_id'] = 77
    people[7]['id'] = 'x'
    people[8]['keypoints'][3] = None
    people[9]['keypoints'][5] = 9
    del people[10]['bbox']
    people[11]['keypoints'] = [1, 2, 2]


def write_set(folder: Path, content: dict, missing: str = '') -> tuple[str, str]:
    (folder / 'images').mkdir()
    for image in content['images']:
        if image['file_name'] != missing:
            cv2.imwrite(str(folder / 'images' / image['file_name']),
                        np.full((150, 200, 3), 90, np.uint8))
    (folder / 'a.json').write_text(json.dumps(content))
    return str(folder / 'a.json'), str(folder / 'images')


def test_all_faults_are_found_at_once_with_their_places_in_the_file():
    content = make_content()
    add_faults(content)
    findings, usable = everything_wrong(content, Needs(num_keypoints=17))
    errors = [f for f in findings if f.severity is Severity.ERROR]
    for message in MESSAGES.values():
        assert sum(message in f.message for f in errors) == 1, message
    places = {f.message: f for f in errors}
    by_kind = {kind: next(f for m, f in places.items() if text in m)
               for kind, text in MESSAGES.items()}
    assert by_kind['text'].place == 'annotations[7].id'
    assert list(by_kind['duplicate'].records) == [4, 5]
    assert by_kind['lost'].place == 'annotations[6].image_id'
    assert by_kind['null'].place == 'annotations[8].keypoints[3]'
    assert by_kind['visibility'].place == 'annotations[9].keypoints[5]'
    assert list(by_kind['box'].records) == [10]
    assert list(by_kind['number'].records) == [11]
    # The four of before, and the one that nothing was done to.
    assert [p['id'] for p in usable['annotations']] == [11, 12, 21, 31, 108]


def test_a_good_set(tmp_path):
    report = check_dataset(*write_set(tmp_path, make_content()), 'coco.py')
    assert report.findings == [] and report.severity is None
    assert (report.num_images, report.num_annotations) == (3, 4)
    assert report.metainfo['dataset_name'] == 'coco'


def test_images_that_are_missing_of_another_size_or_broken(tmp_path):
    content = make_content()
    content['images'][1]['width'] = 180
    annotations, images = write_set(tmp_path, content, missing='1.jpg')
    whole = (tmp_path / 'images' / '3.jpg').read_bytes()
    (tmp_path / 'images' / '3.jpg').write_bytes(whole[:-len(whole) // 3])
    report = check_dataset(annotations, images)
    found = report.findings
    assert report.suspects == [1, 2]
    assert [f.place for f in found] == ['images[0].file_name', 'images[1]']
    assert 'annotations are for 180 x 150' in found[1].message
    # A file that is cut short shows where all of it is read.
    found = check_dataset(annotations, images, decode=True).findings
    assert [list(f.records) for f in found] == [[0], [1], [2]]
    found = check_dataset(annotations, str(tmp_path / 'none')).findings
    assert 'no such image folder' in found[0].message


@pytest.mark.parametrize('change, place, message', [
    (lambda i: i['sigmas'].append(.1), 'metainfo.sigmas', 'has 18 values'),
    (lambda i: i['keypoint_info'][1].update(swap='k'), 'swap', 'of no keypoint'),
    (lambda i: i['keypoint_info'].update({17: i['keypoint_info'].pop(0)}),
     'metainfo.keypoint_info', 'number its 17 keypoints from 0')])
def test_metainfo(tmp_path, change, place, message):
    info = Config.fromfile(
        f'{mmpose.__path__[0]}/.mim/configs/_base_/datasets/coco.py').dataset_info
    info = info.to_dict()
    change(info)
    (tmp_path / 'mine.py').write_text(f'dataset_info = {info!r}')
    found = check_dataset(*write_set(tmp_path, make_content()),
                          str(tmp_path / 'mine.py')).findings
    assert found[0].severity is Severity.ERROR
    assert place in found[0].place and message in found[0].message


def test_no_metainfo_and_metainfo_of_others(tmp_path):
    files = write_set(tmp_path, make_content())
    assert 'no such file' in check_dataset(*files, 'none.py').findings[0].message
    found = check_dataset(*files, 'crowdpose.py').findings
    assert any('crowdIndex' in f.place for f in found)
    assert any('where 42 belong' in f.message for f in found)


def test_what_is_handled_is_a_warning(tmp_path):
    content = make_content()
    content['categories'][0]['id'] = 0
    for person in content['annotations']:
        person['category_id'] = 0
    content['annotations'][0]['segmentation'] = [[1, 2, 3, 4, 5, 6]]
    content['annotations'][1]['keypoints'][0] = float('nan')
    report = check_dataset(*write_set(tmp_path, content))
    assert report.severity is Severity.WARNING
    assert {f.place for f in report.findings} == {
        'annotations', 'annotations[0].category_id', 'annotations[1].keypoints'}


@pytest.mark.parametrize('content', [[], {}, dict(images=3), dict(
    images=[], annotations=[], categories=[])])
def test_what_is_no_data_set(tmp_path, content):
    (tmp_path / 'a.json').write_text(json.dumps(content))
    assert check_dataset(str(tmp_path / 'a.json'), str(tmp_path)).severity is \
        Severity.ERROR


def write_many(folder: Path, count: int) -> tuple[str, str]:
    content = make_content()
    content['annotations'] = [make_person(i, 1 + i % 3) for i in range(count)]
    content['annotations'][-1]['bbox'][2] = -4
    return write_set(folder, content)


@pytest.mark.slow
def test_a_hundred_thousand_records(tmp_path):
    files = write_many(tmp_path, 100_000)
    start = time.process_time()
    report = check_dataset(*files)
    seconds = time.process_time() - start
    assert report.findings[0].place == 'annotations[99999].bbox'
    assert seconds < 20


def test_memory_is_a_few_times_the_file(tmp_path):
    files = write_many(tmp_path, 10_000)
    size = (tmp_path / 'a.json').stat().st_size
    tracemalloc.start()
    check_dataset(*files)
    assert tracemalloc.get_traced_memory()[1] < 12 * size
    tracemalloc.stop()
