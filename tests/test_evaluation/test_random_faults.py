"""Annotation files with random faults: one line, or pycocotools' figures.

The loader, the checker and the evaluator must agree about each file: either
all of them end with the same InputError, or the figures are those that
pycocotools gives for the file with its gaps filled. Where pycocotools gives
others for the file as it is, a warning must have been logged.
"""
from __future__ import annotations

import copy
import json
import logging
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS, METRICS
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from sasd_mmpose import InputError
from sasd_mmpose.metainfo import parse_metainfo

NAMES = ('head', 'left', 'right')
METAINFO = dict(
    dataset_name='three points',
    keypoint_info={
        i: dict(name=name, id=i, color=[0, 255, 0], type='upper',
                swap={'left': 'right', 'right': 'left'}.get(name, ''))
        for i, name in enumerate(NAMES)},
    skeleton_info={}, joint_weights=[1., 1., 1.], sigmas=[.05, .08, .1])
NUM_KEYPOINTS = len(NAMES)

# ------------------------------------------------------------------- faults

JUNK = st.sampled_from([
    None, True, False, '', 'x', '1', -1, 0, 1, 2, 3, 7, 0.5, 1.0, -2.5, 1e300,
    2**70, float('nan'), float('inf'), [], {}, [1, 2, 3], [None] * 4,
    [0, 0, 0, 0], [10., 10., 0., 5.], [5, 5, -5, 5], [1., 2., 30., 'x'],
    [0] * 9, [20., 20., 1] * 3, [float('nan'), None, 0] * 3])
NUMBERS = st.sampled_from([
    None, 'x', -1, 0, 1, 2, 3, 0.5, -2.5, 1e300, float('nan'), float('inf')])
# People make most of their mistakes with people.
SECTIONS = ('images', 'categories', *['annotations'] * 4)
KEYS = dict(
    images=('id', 'file_name', 'width', 'height', 'crowdIndex'),
    annotations=('id', 'image_id', 'category_id', 'bbox', 'keypoints',
                 'num_keypoints', 'iscrowd', 'area', 'segmentation', 'ignore'),
    categories=('id', 'name', 'supercategory'))


def draw_content(draw: st.DrawFn) -> dict:
    """Draw a good file: up to three images of up to three persons."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    images = [dict(id=i, file_name=f'{i}.jpg', width=200, height=150,
                   crowdIndex=round(float(rng.uniform()), 2))
              for i in range(1, draw(st.integers(1, 3)) + 1)]
    annotations = []
    for image in images:
        for _ in range(draw(st.integers(0, 3))):
            x, y = rng.uniform(0, 80, 2).round(1).tolist()
            width, height = rng.uniform(10, 110, 2).round(1).tolist()
            points = np.column_stack([
                rng.uniform(x, x + width, 3), rng.uniform(y, y + height, 3),
                rng.integers(0, 3, 3)]).round(1)
            points[points[:, 2] == 0] = 0
            annotations.append(dict(
                id=len(annotations) + 1, image_id=image['id'], category_id=1,
                bbox=[x, y, width, height], area=round(.6 * width * height, 1),
                iscrowd=int(rng.uniform() < .1),
                keypoints=points.reshape(-1).tolist(),
                num_keypoints=int((points[:, 2] > 0).sum())))
    return dict(images=images, annotations=annotations,
                categories=[dict(id=1, name='person')])


def damage(draw: st.DrawFn, content: dict) -> None:
    """Do one thing to a file that a user's export might have done."""
    section = draw(st.sampled_from(SECTIONS))
    records = content.get(section)
    kind = draw(st.sampled_from(
        ('value', 'value', 'value', 'number', 'number', 'number', 'delete',
         'delete', 'everywhere', 'repeat', 'drop', 'section', 'scale',
         'category')))
    if kind == 'section':
        content[section] = draw(JUNK)
    elif kind == 'scale':
        _scale(content, draw(st.sampled_from((0.005, 0.02, 100., -1.))))
    elif not isinstance(records, list) or not records:
        return
    elif kind == 'category':
        records = content.get('categories')
        if isinstance(records, list):
            records.append(dict(id=draw(st.integers(0, 3)), name='other'))
    elif kind == 'everywhere':
        key, value = draw(st.sampled_from(KEYS[section])), draw(JUNK)
        gone = draw(st.booleans())
        for record in records:
            _set(record, key, value, gone)
    else:
        index = draw(st.integers(0, len(records) - 1))
        if kind == 'repeat':
            records.append(copy.deepcopy(records[index]))
        elif kind == 'drop':
            del records[index]
        elif kind == 'number':
            _set_number(draw, records[index])
        else:
            key = draw(st.sampled_from(KEYS[section]))
            _set(records[index], key, draw(JUNK), kind == 'delete')


def _set(record: Any, key: str, value: Any, gone: bool) -> None:
    if isinstance(record, dict):
        record[key] = copy.deepcopy(value)
        if gone:
            del record[key]


def _set_number(draw: st.DrawFn, record: Any) -> None:
    """Change one number within a list of a record."""
    key = draw(st.sampled_from(('keypoints', 'keypoints', 'bbox')))
    values = record.get(key) if isinstance(record, dict) else None
    if isinstance(values, list) and values:
        values[draw(st.integers(0, len(values) - 1))] = draw(NUMBERS)


def _scale(content: dict, factor: float) -> None:
    """Multiply all coordinates that can be."""
    for record in content.get('annotations') or []:
        for key, step in (('keypoints', 3), ('bbox', 5)):
            values = record.get(key) if isinstance(record, dict) else None
            if isinstance(values, list):
                record[key] = [
                    v * factor if type(v) in (int, float) and i % step != 2
                    or key == 'bbox' and type(v) in (int, float) else v
                    for i, v in enumerate(values)]


@st.composite
def damaged_files(draw: st.DrawFn) -> dict:
    """Draw a file and do up to three things to it."""
    content = draw_content(draw)
    for _ in range(draw(st.integers(0, 3))):
        if not isinstance(content.get('annotations'), list):
            break
        damage(draw, content)
    return content


# ---------------------------------------------------------------- reference


def with_gaps_filled(content: dict, visible_only: bool) -> dict:
    """State plainly what a file means: persons only, nothing left out."""
    annotations = copy.deepcopy(content.get('annotations', []))
    persons = {a['category_id'] for a in annotations if a.get('keypoints')}
    filled = []
    for ann in annotations:
        if persons and ann['category_id'] not in persons:
            continue
        points = ann.get('keypoints') or [0] * 3 * NUM_KEYPOINTS
        for i in range(0, len(points), 3):
            if points[i + 2] == 0:
                points[i:i + 2] = [0, 0]
        counted = (2, ) if visible_only else (1, 2)
        count = sum(v in counted for v in points[2::3])
        stated = ann.get('num_keypoints')
        if stated is None or (not visible_only and bool(stated) != bool(count)):
            stated = count
        filled.append(dict(
            # pycocotools takes a person of id 0 for one that is not there.
            id=len(filled) + 1, image_id=ann['image_id'], category_id=1,
            bbox=ann['bbox'], keypoints=points, num_keypoints=stated,
            iscrowd=ann.get('iscrowd') or 0,
            area=ann.get('area') or .53 * ann['bbox'][2] * ann['bbox'][3]))
    return dict(images=content['images'], annotations=filled,
                categories=[dict(id=1)])


def evaluator_of(content: dict, records: list[dict]) -> COCOeval:
    truth = COCO()
    truth.dataset = copy.deepcopy(content)
    truth.createIndex()
    evaluator = COCOeval(truth, truth.loadRes(copy.deepcopy(records)),
                         'keypoints')
    evaluator.params.kpt_oks_sigmas = np.float32(METAINFO['sigmas'])
    return evaluator


def plain_figures(content: dict, records: list[dict]) -> list[float]:
    """COCO's ten numbers, by pycocotools."""
    with redirect_stdout(StringIO()):
        evaluator = evaluator_of(content, records)
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    return list(evaluator.stats)


def plain_crowd_figures(content: dict, records: list[dict]) -> list[float]:
    """CrowdPose's nine numbers, by pycocotools; see its own test."""
    content = copy.deepcopy(content)
    for ann in content['annotations']:
        ann['area'] = ann['bbox'][2] * ann['bbox'][3] * .53
    stats = plain_figures(content, records)
    stats = stats[:3] + stats[5:8]
    for low, high in ((-np.inf, .2), (.2, .8), (.8, np.inf)):
        with redirect_stdout(StringIO()):
            evaluator = evaluator_of(content, records)
            evaluator.params.imgIds = [
                image['id'] for image in content['images']
                if low <= image['crowdIndex'] < high]
            evaluator.evaluate()
            evaluator.accumulate()
        stats.append(round(evaluator.eval['precision'][..., 0, :].mean(), 4))
    return stats


def predict(content: dict, seed: int = 0) -> list[dict]:
    """Predict people near those of the file, and some of nobody."""
    rng = np.random.default_rng(seed)
    places = [(a['image_id'], a['bbox']) for a in content['annotations']]
    places += [(i['id'], [10, 10, 50, 50]) for i in content['images'][::2]]
    records = []
    for image_id, (x, y, width, height) in places:
        same = [a for a in content['annotations']
                if a['image_id'] == image_id and a['bbox'] == [
                    x, y, width, height]]
        points = (np.reshape(same[0]['keypoints'], (-1, 3))[:, :2] if same
                  else np.tile([x, y], (NUM_KEYPOINTS, 1)))
        points = points + rng.normal(size=points.shape) * rng.uniform(0, 8)
        records.append(dict(
            image_id=image_id, category_id=1, score=float(rng.uniform(.1, 1)),
            bbox=[float(v) for v in (x, y, width, height)],
            keypoints=np.column_stack(
                [points, rng.uniform(.1, 1, NUM_KEYPOINTS)]).reshape(
                    -1).tolist()))
    return records


# ------------------------------------------------------------------- subject


class Ours:
    """Loader and evaluator on one file, and what they logged."""

    def __init__(self, folder: Path, content: dict) -> None:
        self.folder = folder
        (folder / 'images').mkdir()
        (folder / 'ann.json').write_text(json.dumps(content))
        self.warnings: list[str] = []

    def dataset(self, **kwargs):
        return DATASETS.build(dict(
            type='CheckedCocoDataset', data_root=str(self.folder),
            ann_file='ann.json', data_prefix=dict(img='images/'),
            data_mode='bottomup', metainfo=METAINFO,
            # Collects all garbage, which takes longer than all the rest.
            serialize_data=False, **kwargs))

    def metric(self, crowd: bool):
        kwargs = dict(iou_type='keypoints_crowd', use_area=False) if crowd else {}
        metric = METRICS.build(dict(
            type='PoseCocoMetric', ann_file=str(self.folder / 'ann.json'),
            score_mode='bbox', nms_mode='none', **kwargs))
        metric.dataset_meta = parse_metainfo(METAINFO, 'metainfo')
        return metric

    @staticmethod
    def figures(metric, content: dict, records: list[dict]) -> list[float]:
        for image in content['images']:
            found = [r for r in records if r['image_id'] == image['id']]
            points = np.array([r['keypoints'] for r in found]).reshape(
                -1, NUM_KEYPOINTS, 3)
            boxes = np.array([r['bbox'] for r in found]).reshape(-1, 4)
            boxes[:, 2:] += boxes[:, :2]
            metric.process({}, [dict(
                id=[], img_id=image['id'], gt_instances={},
                pred_instances=dict(
                    keypoints=points[..., :2], bboxes=boxes,
                    keypoint_scores=points[..., 2],
                    bbox_scores=np.array([r['score'] for r in found])))])
        with redirect_stdout(StringIO()):
            return list(metric.evaluate(size=len(content['images'])).values())


def attempt(call, *args, **kwargs) -> tuple[Any, str | None]:
    """Return a result, or the one line of an InputError."""
    try:
        return call(*args, **kwargs), None
    except InputError as error:
        assert '\n' not in str(error)
        return None, str(error)


def check(content: dict, crowd: bool) -> None:
    """Hold loader and evaluator against each other and the reference."""
    with TemporaryDirectory() as folder:
        ours = Ours(Path(folder), content)
        logger = MMLogger.get_current_instance()
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: ours.warnings.append(
            record.getMessage())
        logger.addHandler(handler)
        try:
            _check(ours, content, crowd)
        finally:
            logger.removeHandler(handler)


def _check(ours: Ours, content: dict, crowd: bool) -> None:
    tested, line = attempt(ours.dataset, test_mode=True)
    trained, train_line = attempt(ours.dataset)
    # What is wrong for testing is wrong for training.
    assert line is None or line == train_line
    if trained is not None:
        _check_samples(trained)
    ours.warnings.clear()
    metric, eval_line = attempt(ours.metric, crowd)
    # Evaluating takes what testing does, and somebody who is labelled.
    assert line is None or eval_line is not None
    if metric is None:
        event(eval_line.split(': ', 1)[1].split(' ')[-1])
        return
    event('evaluated')
    filled = with_gaps_filled(content, visible_only=crowd)
    records = predict(filled)
    figures = ours.figures(metric, content, records)
    plain = plain_crowd_figures if crowd else plain_figures
    np.testing.assert_allclose(
        figures, plain(filled, records), rtol=0, atol=1e-6)
    if crowd:
        return
    raw = copy.deepcopy(content)
    for number, ann in enumerate(raw['annotations'], 1):
        ann['id'] = number
    for record in records:
        record['category_id'] = metric.category_id
    try:
        as_it_is = plain_figures(raw, records)
    except Exception:
        return  # pycocotools needs what was filled in
    if not np.allclose(figures, as_it_is, rtol=0, atol=1e-6):
        assert ours.warnings, (figures, as_it_is)


def _check_samples(dataset) -> None:
    """Nothing that a training sample holds may spoil its losses."""
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        assert np.isfinite(info['keypoints']).all()
        assert np.isin(info['keypoints_visible'], (0, 1)).all()
        assert (info['bbox'][:, 2:] > info['bbox'][:, :2]).all()
        assert set(info['category_id']) <= {info['category_id'][0]}


SETTINGS = dict(
    deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow,
                           HealthCheck.function_scoped_fixture])


@settings(max_examples=60, **SETTINGS)
@given(content=damaged_files(), crowd=st.booleans())
def test_random_faults(content, crowd):
    check(content, crowd)


@pytest.mark.slow
@settings(max_examples=2000, **SETTINGS)
@given(content=damaged_files(), crowd=st.booleans())
def test_many_random_faults(content, crowd):
    check(content, crowd)
