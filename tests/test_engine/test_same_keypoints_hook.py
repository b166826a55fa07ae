"""What a config states twice is compared before any work."""
from __future__ import annotations

import copy
import json
from types import SimpleNamespace

import pytest
from annotation_files import make_content
from mmpose.registry import DATASETS, METRICS

from sasd_mmpose import InputError
from sasd_mmpose.engine.hooks import SameKeypointsHook
from sasd_mmpose.metainfo import parse_metainfo

COCO = dict(from_file='configs/_base_/datasets/coco.py')


def make_dataset(folder, name='ann.json', content=None, **kwargs):
    """Write a file and build the data set on it."""
    (folder / 'images').mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(content or make_content()))
    return DATASETS.build(dict(
        type='CheckedCocoDataset', data_root=str(folder), ann_file=name,
        data_prefix=dict(img='images/'), data_mode='bottomup', **kwargs))


def make_runner(head: dict | None, val_file=None, **datasets):
    """Stand in for a runner that is about to train."""
    model = SimpleNamespace(head=SimpleNamespace(metainfo=head))
    loops = {f'_{part}_loop': dict(type='not built')
             for part in ('train', 'val', 'test')}
    for part, dataset in datasets.items():
        loop = SimpleNamespace(dataloader=SimpleNamespace(dataset=dataset))
        if part != 'train' and val_file is not None:
            metric = METRICS.build(dict(
                type='PoseCocoMetric', ann_file=str(val_file)))
            metric.dataset_meta = copy.deepcopy(dataset.metainfo)
            loop.evaluator = SimpleNamespace(metrics=[metric])
        loops[f'_{part}_loop'] = loop
    return SimpleNamespace(model=model, **loops)


def test_what_agrees_passes(tmp_path):
    dataset = make_dataset(tmp_path)
    head = parse_metainfo(COCO, 'x')
    hook = SameKeypointsHook()
    hook.before_run(make_runner(head, tmp_path / 'ann.json', train=dataset,
                                val=make_dataset(tmp_path, test_mode=True)))
    hook.before_run(make_runner(None, train=dataset))


@pytest.mark.parametrize('part', ['train', 'val', 'test'])
def test_another_metainfo_of_the_head(tmp_path, part):
    head = parse_metainfo(COCO, 'x')
    head['flip_indices'] = list(range(17))
    runner = make_runner(head, **{part: make_dataset(tmp_path)})
    with pytest.raises(InputError, match=f'^{part}_dataloader.dataset: keyp'):
        SameKeypointsHook().before_run(runner)


@pytest.mark.parametrize('fault', ['other image', 'fewer images'])
def test_an_evaluator_with_another_file(tmp_path, fault):
    """Ids count from 1 in many files."""
    content = make_content()
    if fault == 'other image':
        content['images'][1]['file_name'] = 'another.jpg'
        line = 'an image 2.jpg of id 2, and this file another.jpg'
    else:
        del content['images'][2], content['annotations'][3]
        line = 'an image 3.jpg of id 3, and this file none'
    path = tmp_path / 'other.json'
    path.write_text(json.dumps(content))
    runner = make_runner(parse_metainfo(COCO, 'x'), path,
                         val=make_dataset(tmp_path, test_mode=True))
    with pytest.raises(InputError, match=f'other.json: .*{line}'):
        SameKeypointsHook().before_run(runner)


def test_a_copy_of_the_file_passes(tmp_path):
    path = tmp_path / 'copy.json'
    path.write_text(json.dumps(make_content()))
    SameKeypointsHook().before_run(make_runner(
        parse_metainfo(COCO, 'x'), path,
        val=make_dataset(tmp_path, test_mode=True)))
