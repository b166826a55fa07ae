"""What contradicts itself in metainfo is named before any work."""
from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
from mmengine.config import ConfigDict
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS, MODELS
from small_nets import model_cfg

from sasd_mmpose import InputError
from sasd_mmpose.metainfo import (
    check_agreement,
    checked_metainfo,
    metainfo_findings,
    parse_metainfo,
)


def make_metainfo() -> dict:
    """Three keypoints, two of which swap, and two bones."""
    swap = dict(left='right', right='left')
    return dict(
        dataset_name='three',
        keypoint_info={
            i: dict(name=name, id=i, color=[0, 255, 9 * i], type='upper',
                    swap=swap.get(name, ''))
            for i, name in enumerate(('top', 'left', 'right'))},
        skeleton_info={
            i: dict(link=('top', name), id=i, color=[0, 255, 0])
            for i, name in enumerate(('left', 'right'))},
        joint_weights=[1., 1., 0.], sigmas=[.1, .2, .3])


def put(*path, value) -> Callable[[dict], None]:
    """Set a value somewhere inside."""
    def change(metainfo: dict) -> None:
        for key in path[:-1]:
            metainfo = metainfo[key]
        metainfo[path[-1]] = value
    return change


def drop(*path) -> Callable[[dict], None]:
    def change(metainfo: dict) -> None:
        for key in path[:-1]:
            metainfo = metainfo[key]
        del metainfo[path[-1]]
    return change


def from_1(metainfo: dict) -> None:
    metainfo['keypoint_info'] = {
        i + 1: v for i, v in metainfo['keypoint_info'].items()}


ERRORS = {
    'more sigmas': (put('sigmas', value=[.1] * 5), 'sigmas', '5 values'),
    'fewer sigmas': (put('sigmas', value=[.1]), 'sigmas', '1 values'),
    'sigma 0': (put('sigmas', 1, value=0.), 'sigmas[1]', 'positive'),
    'sigma below 0': (put('sigmas', 1, value=-1.), 'sigmas[1]', 'positive'),
    'sigma NaN': (put('sigmas', 2, value=float('nan')), 'sigmas[2]', 'nan'),
    'sigma text': (put('sigmas', 0, value='.1'), 'sigmas[0]', "'.1'"),
    'sigmas no list': (put('sigmas', value=.1), 'sigmas', 'a list of 3'),
    'no sigmas': (drop('sigmas'), 'sigmas', 'missing'),
    'no weight above 0': (put('joint_weights', value=[0] * 3), 'joint_weights',
                          'all are 0'),
    'more weights': (put('joint_weights', value=[1] * 4), 'joint_weights',
                     '4 values'),
    'weight below 0': (put('joint_weights', 2, value=-1), 'joint_weights[2]',
                       '0 or more'),
    'no weights': (drop('joint_weights'), 'joint_weights', 'missing'),
    'no keypoints': (drop('keypoint_info'), 'keypoint_info', 'missing'),
    'empty keypoints': (put('keypoint_info', value={}), 'keypoint_info',
                        'empty'),
    'keypoints as list': (put('keypoint_info', value=[]), 'keypoint_info',
                          'must be a dict'),
    'keypoint as text': (put('keypoint_info', 1, value='left'),
                         'keypoint_info[1]', 'must be a dict'),
    'ids from 1': (from_1, 'keypoint_info', 'the id 3 is none of 0 to 2'),
    'a gap': (lambda m: m['keypoint_info'].update(
        {5: m['keypoint_info'].pop(1)}), 'keypoint_info', 'the id 5'),
    'other id': (put('keypoint_info', 1, 'id', value=2),
                 'keypoint_info[1].id', 'must be 1'),
    'no name': (drop('keypoint_info', 0, 'name'), 'keypoint_info[0].name',
                'None'),
    'name twice': (put('keypoint_info', 0, 'name', value='left'),
                   'keypoint_info', "'left' occurs 2 times"),
    'colour': (put('keypoint_info', 0, 'color', value=[0, 256, 0]),
               'keypoint_info[0].color', '256'),
    'swap unknown': (put('keypoint_info', 0, 'swap', value='lefd'),
                     'keypoint_info[0].swap', "'lefd' is the name of no"),
    'link unknown': (put('skeleton_info', 1, 'link', value=('top', 'nose')),
                     'skeleton_info[1].link', "'nose' is the name of no"),
    'link of three': (put('skeleton_info', 0, 'link', value=('a', 'b', 'c')),
                      'skeleton_info[0].link', 'two keypoints'),
    'link to itself': (put('skeleton_info', 0, 'link', value=('top', 'top')),
                       'skeleton_info[0].link', 'two keypoints'),
    'no link': (drop('skeleton_info', 0, 'link'), 'skeleton_info[0].link',
                'None'),
    'no skeleton': (drop('skeleton_info'), 'skeleton_info', 'missing'),
    'no data set name': (drop('dataset_name'), 'dataset_name', 'missing'),
}


@pytest.mark.parametrize('fault', ERRORS)
def test_each_error_names_its_key(fault):
    change, place, message = ERRORS[fault]
    metainfo = make_metainfo()
    change(metainfo)
    findings = metainfo_findings(metainfo)
    assert [f.place for f in findings] == [place]
    assert message in findings[0].message
    with pytest.raises(InputError) as info:
        parse_metainfo(ConfigDict(metainfo), 'model.head.metainfo')
    assert str(info.value) == f'model.head.metainfo: {findings[0]}'


@pytest.mark.parametrize('swaps', [
    dict(right=''), dict(right='top'), dict(top='left')])
def test_swaps_that_are_no_pairs(swaps):
    metainfo = make_metainfo()
    for info in metainfo['keypoint_info'].values():
        info['swap'] = swaps.get(info['name'], info['swap'])
    assert metainfo_findings(metainfo)
    assert all(f.place.endswith('.swap') for f in metainfo_findings(metainfo))


def test_all_errors_are_listed():
    metainfo = make_metainfo()
    metainfo['sigmas'] = [0.]
    metainfo['joint_weights'] = [1.]
    metainfo['skeleton_info'][0]['link'] = ('top', 'nose')
    assert [f.place for f in metainfo_findings(metainfo)] == [
        'skeleton_info[0].link', 'sigmas', 'joint_weights']


def assert_same(a: dict, b: dict) -> None:
    assert a.keys() == b.keys()
    for key in a:
        np.testing.assert_equal(a[key], b[key])


def test_good_metainfo_is_parsed_as_mmpose_does():
    wanted = parse_pose_metainfo(make_metainfo())
    assert_same(parse_metainfo(make_metainfo(), 'x'), wanted)
    # A keypoint may say that it swaps with itself; bones may be absent.
    metainfo = make_metainfo()
    metainfo['keypoint_info'][0]['swap'] = 'top'
    metainfo['skeleton_info'] = {}
    assert parse_metainfo(metainfo, 'x')['flip_indices'] == [0, 2, 1]


@pytest.mark.parametrize('kind', ['any order', 'ids as text'])
def test_other_ways_to_write_the_same(kind):
    """Order is what ids say, and json has no numbers for keys."""
    metainfo = make_metainfo()
    if kind == 'any order':
        metainfo['keypoint_info'] = {
            i: metainfo['keypoint_info'][i] for i in (2, 0, 1)}
    else:
        for key in ('keypoint_info', 'skeleton_info'):
            metainfo[key] = {str(k): v for k, v in metainfo[key].items()}
    assert_same(parse_metainfo(metainfo, 'x'),
                parse_pose_metainfo(make_metainfo()))


def test_mmposes_own_metainfo_passes():
    path = 'configs/_base_/datasets/coco_wholebody.py'
    assert_same(parse_metainfo(dict(from_file=path), 'x'),
                parse_pose_metainfo(dict(from_file=path)))


def test_an_inline_dict_beside_a_file_does_not_lose_silently():
    with pytest.raises(InputError, match='dataset_name.* beside from_file.*'
                       '_delete_=True'):
        checked_metainfo(dict(make_metainfo(), from_file='coco.py'), 'x')


@pytest.mark.parametrize(('text', 'line'), [
    (None, 'no such file'), ('dataset_info = dict(', 'cannot be read'),
    ('1 / 0', 'cannot be read'), ('names = 3', 'no dataset_info'),
    ("dataset_info = dict(dataset_name='a')", 'keypoint_info: missing')])
def test_files_that_are_no_metainfo(tmp_path, text, line):
    path = tmp_path / 'my_info.py'
    if text is not None:
        path.write_text(text + '\n')
    with pytest.raises(InputError, match=line) as info:
        checked_metainfo(dict(from_file=str(path)), 'the key')
    assert str(path) in str(info.value) and '\n' not in str(info.value)


def test_head_and_data_set_are_checked(tmp_path):
    metainfo = make_metainfo()
    metainfo['sigmas'] = [.1]
    cfg = model_cfg()
    cfg.head.metainfo = metainfo
    with pytest.raises(InputError, match='^model.head.metainfo: sigmas: '):
        MODELS.build(cfg)
    with pytest.raises(InputError, match='^metainfo of Checked.*: sigmas: '):
        DATASETS.build(dict(
            type='CheckedCocoDataset', ann_file=str(tmp_path / 'ann.json'),
            metainfo=metainfo))


DIFFERENCES = {
    'keypoint_info': lambda m: m['keypoint_info'][0].update(name='head'),
    'sigmas': put('sigmas', 0, value=.11),
    'joint_weights': put('joint_weights', 0, value=2.),
    'skeleton_info': drop('skeleton_info', 1),
}


@pytest.mark.parametrize('key', DIFFERENCES)
def test_head_and_data_set_that_differ(key):
    metainfo = make_metainfo()
    head = parse_metainfo(metainfo, 'x')
    check_agreement(head, parse_metainfo(copy.deepcopy(metainfo), 'x'), 'a')
    DIFFERENCES[key](metainfo)
    if key == 'skeleton_info':
        assert len(metainfo['skeleton_info']) == 1
    else:
        # The name of a keypoint is that of bones, too.
        metainfo['skeleton_info'] = {}
        head['skeleton_links'] = []
    with pytest.raises(InputError, match=f'^val_dataloader: {key} of'):
        check_agreement(head, parse_metainfo(metainfo, 'x'), 'val_dataloader')


def test_head_and_data_set_of_other_numbers():
    with pytest.raises(InputError, match='has 17 keypoints, model.head.meta'
                       'info 3'):
        check_agreement(
            parse_metainfo(make_metainfo(), 'x'),
            parse_metainfo(dict(
                from_file='configs/_base_/datasets/coco.py'), 'x'), 'a')
