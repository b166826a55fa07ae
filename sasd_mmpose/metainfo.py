"""The metainfo of a data set: its keypoints, checked before MMPose takes it.

MMPose reads most of it without a check: what is wrong shows late, as an error
about a tensor's shape, or not at all.
"""
from __future__ import annotations

import math
import os.path as osp
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import mmpose
import numpy as np
from mmengine.config import Config
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from .errors import InputError
from .findings import Finding, error, errors_of, raise_first_error

REQUIRED = ('dataset_name', 'keypoint_info', 'skeleton_info', 'joint_weights', 'sigmas')
# What head and data set must agree on, and the key that says it.
AGREEING = dict(
    num_keypoints='keypoint_info', keypoint_id2name='keypoint_info',
    flip_indices='keypoint_info', sigmas='sigmas',
    dataset_keypoint_weights='joint_weights', skeleton_links='skeleton_info')


def parse_metainfo(metainfo: Mapping, source: str) -> dict:
    """Check metainfo, and parse it as MMPose does.

    Args:
        metainfo (Mapping): See :func:`checked_metainfo`.
        source (str): See :func:`checked_metainfo`.

    Returns:
        dict: What :func:`parse_pose_metainfo` returns.
    """
    return parse_pose_metainfo(checked_metainfo(metainfo, source))


def checked_metainfo(metainfo: Mapping, source: str) -> dict:
    """Read and check metainfo.

    Args:
        metainfo (Mapping): ``dict(from_file=...)``, or the content itself.
        source (str): The config's key that holds it, for the message.

    Returns:
        dict: The content, keypoints in the order of their ids.

    Raises:
        InputError: It contradicts itself or lacks something; the message
            names the key.
    """
    if not isinstance(metainfo, Mapping):
        raise InputError(f'{source}: must be a dict, not {metainfo!r}; give '
                         "dict(from_file='...') or its content")
    if 'from_file' in metainfo:
        beside = sorted(set(map(str, metainfo)) - {'from_file'})
        if beside:
            raise InputError(
                f'{source}: has {", ".join(beside)} beside from_file, which '
                'would win; add _delete_=True to the dict that is merged over '
                'from_file, or take the others out')
        path = str(metainfo['from_file'])
        metainfo, source = read_dataset_info(path, source), f'{source} ({path})'
    metainfo = _with_int_keys(metainfo)
    raise_first_error(metainfo_findings(metainfo), source)
    keypoints = metainfo['keypoint_info']
    return dict(metainfo, keypoint_info={
        i: keypoints[i] for i in range(len(keypoints))})


def read_dataset_info(path: str, source: str) -> dict:
    """Read ``dataset_info`` of a file, or of MMPose's own of that name.

    Args:
        path (str): The file.
        source (str): See :func:`checked_metainfo`.

    Raises:
        InputError: It cannot be read, or there is none in it.
    """
    own = osp.join(osp.dirname(mmpose.__file__), '.mim', 'configs', '_base_',
                   'datasets', osp.basename(path))
    found = next((p for p in (path, own) if osp.isfile(p)), None)
    if found is None:
        raise InputError(
            f'{source}: from_file={path!r} is no such file; give its path '
            'from the current folder, or the whole path')
    try:
        content = Config.fromfile(found)
    except Exception as wrong:  # whatever the Python in the file raises
        reason = ' '.join(str(wrong).split())
        raise InputError(f'{found}: cannot be read as a config ({reason}); '
                         'mend it') from wrong
    if 'dataset_info' not in content:
        raise InputError(f"{found}: no dataset_info in it; {source} needs a "
                         "file like MMPose's configs/_base_/datasets/coco.py")
    return _with_int_keys(content.dataset_info)


def _with_int_keys(metainfo: Mapping) -> dict:
    """Turn '0' into 0 where a json or yaml file made ids strings."""
    metainfo = dict(metainfo)
    for key in ('keypoint_info', 'skeleton_info'):
        info = metainfo.get(key)
        if isinstance(info, Mapping):
            metainfo[key] = {
                int(k) if isinstance(k, str) and k.isdecimal() else k: v
                for k, v in info.items()}
    return metainfo


def metainfo_findings(metainfo: Mapping[str, Any]) -> list[Finding]:
    """Find everything that is wrong with metainfo.

    Args:
        metainfo (Mapping): The content, not ``from_file``.

    Returns:
        list[Finding]: All errors.
    """
    findings = [error(key, 'missing; it must be there')
                for key in REQUIRED if key not in metainfo]
    for key in ('keypoint_info', 'skeleton_info'):
        info = metainfo.get(key, {})
        if not isinstance(info, Mapping):
            findings.append(error(key, f'must be a dict, not {info!r}'))
            continue
        findings += [
            error(f'{key}[{k!r}]', f'must be a dict, not {v!r}')
            for k, v in info.items() if not isinstance(v, Mapping)]
    if not isinstance(metainfo.get('dataset_name', ''), str):
        findings.append(error('dataset_name', 'must be a string'))
    if errors_of(findings):
        return findings
    keypoints = metainfo['keypoint_info']
    findings += _keypoint_findings(keypoints)
    if errors_of(findings):
        return findings
    names = [info['name'] for info in keypoints.values()]
    findings += _swap_findings(keypoints)
    findings += _link_findings(metainfo['skeleton_info'], names)
    findings += _number_findings(
        'sigmas', metainfo['sigmas'], len(names), positive=True)
    wrong = _number_findings(
        'joint_weights', metainfo['joint_weights'], len(names), positive=False)
    if not wrong and not any(metainfo['joint_weights']):
        wrong = [error('joint_weights', 'all are 0, so that no keypoint would be '
                       'learnt; give 1 to those that count')]
    return findings + wrong


def _keypoint_findings(keypoints: Mapping) -> list[Finding]:
    """Check ids, names and colours."""
    count = len(keypoints)
    if not count:
        return [error('keypoint_info', 'is empty; list the keypoints')]
    if set(keypoints) != set(range(count)):
        wrong = next(k for k in keypoints if k not in range(count))
        return [error('keypoint_info', f'the id {wrong!r} is none of 0 to '
                      f'{count - 1}; number its {count} keypoints from 0')]
    findings = []
    for key, info in keypoints.items():
        place = f'keypoint_info[{key}]'
        if not isinstance(info.get('name'), str) or not info['name']:
            findings.append(error(f'{place}.name', 'must be a string, not '
                                  f'{info.get("name")!r}'))
        if info.get('id', key) != key:
            findings.append(error(f'{place}.id', f'is {info["id"]!r}; it must '
                                  f'be {key}, as in keypoint_info'))
        findings += _color_findings(place, info)
    if findings:
        return findings
    name, times = Counter(info['name'] for info in keypoints.values()).most_common(1)[0]
    if times > 1:
        findings.append(error('keypoint_info', f'the name {name!r} occurs '
                              f'{times} times; names must be unique'))
    return findings


def _color_findings(place: str, info: Mapping) -> list[Finding]:
    """Check the colour, if there is one."""
    color = info.get('color', (0, 0, 0))
    if (isinstance(color, Sequence | np.ndarray) and len(color) == 3
            and all(_is_number(c) and 0 <= c <= 255 for c in color)):
        return []
    return [error(f'{place}.color', 'must be three numbers from 0 to 255, '
                  f'not {color!r}')]


def _swap_findings(keypoints: Mapping) -> list[Finding]:
    """Check that mirroring twice changes nothing."""
    swap = {info['name']: info.get('swap') or info['name']
            for info in keypoints.values()}
    findings = []
    for key, info in keypoints.items():
        place, name = f'keypoint_info[{key}].swap', info['name']
        other = swap[name]
        if not isinstance(other, str) or other not in swap:
            findings.append(error(place, f'{other!r} is the name of no keypoint'))
        elif swap[other] != name:
            findings.append(error(
                place, f'{name!r} swaps with {other!r}, and {other!r} with '
                f'{swap[other]!r}; each of a pair must name the other'))
    return findings


def _link_findings(skeleton: Mapping, names: Sequence[str]) -> list[Finding]:
    """Check that bones join two keypoints that there are."""
    findings = []
    for key, info in skeleton.items():
        link = info.get('link')
        place = f'skeleton_info[{key!r}].link'
        if (not isinstance(link, Sequence) or isinstance(link, str)
                or len(link) != 2 or link[0] == link[1]):
            findings.append(error(place, 'must be the names of two keypoints, '
                                  f'not {link!r}'))
            continue
        unknown = [name for name in link if name not in names]
        if unknown:
            findings.append(error(place, f'{unknown[0]!r} is the name of no keypoint'))
        findings += _color_findings(f'skeleton_info[{key!r}]', info)
    return findings


def _number_findings(key: str, values: Any, count: int,
                     positive: bool) -> list[Finding]:
    """Check a list with one number for each keypoint."""
    if not isinstance(values, Sequence | np.ndarray) or isinstance(values, str):
        return [error(key, f'must be a list of {count} numbers, not {values!r}')]
    if len(values) != count:
        return [error(key, f'has {len(values)} values, and keypoint_info '
                      f'{count} keypoints; give one for each')]
    for i, value in enumerate(values):
        if not _is_number(value) or value < 0 or (positive and value == 0):
            return [error(
                f'{key}[{i}]', f'is {value!r}; it must be '
                f'{"positive" if positive else "0 or more"}')]
    return []


def _is_number(value: Any) -> bool:
    """Whether it is a finite number."""
    return (isinstance(value, int | float | np.number)
            and not isinstance(value, bool) and math.isfinite(value))


def check_agreement(head: Mapping, data: Mapping, part: str) -> None:
    """Raise where a model and a data set are not about the same keypoints.

    Args:
        head (Mapping): Parsed metainfo of the head.
        data (Mapping): Parsed metainfo of the data set.
        part (str): The config's key of the data set.

    Raises:
        InputError: They differ; the message names the key.
    """
    if head['num_keypoints'] != data['num_keypoints']:
        raise InputError(
            f'{part}: the data set has {data["num_keypoints"]} keypoints, '
            f'model.head.metainfo {head["num_keypoints"]}; give both the same '
            'metainfo')
    for parsed, key in AGREEING.items():
        # float32 of both, so that equal numbers are equal.
        if not np.array_equal(*(
                list(m[parsed].items()) if isinstance(m[parsed], dict)
                else m[parsed] for m in (head, data))):
            raise InputError(
                f'{part}: {key} of the data set ({data["dataset_name"]}) '
                'differs from that of model.head.metainfo '
                f'({head["dataset_name"]}); give both the same metainfo')
