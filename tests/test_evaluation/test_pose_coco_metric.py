"""The evaluator equals pycocotools, and says what is wrong with its input."""
from __future__ import annotations

import copy
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from mmengine.logging import MessageHub, MMLogger
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import METRICS
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from sasd_mmpose import InputError
from sasd_mmpose.evaluation import PoseCocoMetric

COCO_META = parse_pose_metainfo(
    dict(from_file='configs/_base_/datasets/coco.py'))
CROWDPOSE_META = parse_pose_metainfo(
    dict(from_file='configs/_base_/datasets/crowdpose.py'))
# No file is known yet to evaluators that are built without one.
COCO_META['dataset_name'] = 'coco of the evaluator tests'


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


def make_ground_truth(meta: dict, seed: int = 0) -> dict:
    """Thirty images of up to five persons, with all that COCO allows.

    Crowds, persons without labels, occluded keypoints, images without
    persons, all three area ranges, and a crowd index for each image.
    """
    rng = np.random.default_rng(seed)
    num_keypoints = meta['num_keypoints']
    images, annotations = [], []
    for image_id in range(1, 31):
        images.append(dict(id=image_id, file_name=f'{image_id}.jpg', width=640,
                           height=480, crowdIndex=float(rng.uniform())))
        for _ in range(rng.integers(0, 6)):
            x, y = rng.uniform(0, 200, 2)
            width, height = rng.uniform(15, 250, 2)
            points = np.stack([
                rng.uniform(x, x + width, num_keypoints),
                rng.uniform(y, y + height, num_keypoints),
                rng.integers(0, 3, num_keypoints)], axis=1)
            if rng.uniform() < 0.15:
                points[:] = 0
            points[points[:, 2] == 0] = 0
            annotations.append(dict(
                id=len(annotations) + 1, image_id=image_id, category_id=1,
                bbox=[float(v) for v in (x, y, width, height)],
                area=float(width * height * rng.uniform(0.3, 0.7)),
                iscrowd=int(rng.uniform() < 0.05),
                keypoints=points.reshape(-1).tolist(),
                num_keypoints=int((points[:, 2] > 0).sum())))
    return dict(images=images, annotations=annotations,
                categories=[dict(id=1, name='person')])


def make_predictions(truth: dict, meta: dict, seed: int = 0) -> list[dict]:
    """Noisy persons of the ground truth, some missed and some invented.

    Returns:
        list[dict]: COCO-format records, with boxes.
    """
    rng = np.random.default_rng(seed)
    num_keypoints = meta['num_keypoints']
    records = []

    def add(image_id, points, box):
        scores = rng.uniform(0.1, 1, (num_keypoints, 1))
        records.append(dict(
            image_id=image_id, category_id=1, bbox=list(map(float, box)),
            keypoints=np.hstack([points, scores]).reshape(-1).tolist(),
            score=float(rng.uniform())))

    for ann in truth['annotations']:
        points = np.reshape(ann['keypoints'], (-1, 3))[:, :2]
        size = np.sqrt(ann['bbox'][2] * ann['bbox'][3])
        for _ in range(rng.integers(0, 3)):
            noise = rng.normal(size=points.shape) * size * rng.uniform(0, 0.1)
            add(ann['image_id'], points + noise, ann['bbox'])
    for image in truth['images']:
        if rng.uniform() < 0.3:
            add(image['id'], rng.uniform(0, 300, (num_keypoints, 2)),
                rng.uniform(10, 200, 4))
    return records


def evaluate(metric: PoseCocoMetric, truth: dict, records: list[dict],
             num_keypoints: int) -> dict[str, float]:
    """Hand the records to the evaluator as a model would."""
    by_image = {image['id']: [] for image in truth['images']}
    for record in records:
        by_image[record['image_id']].append(record)
    for image_id, persons in by_image.items():
        points = np.array([p['keypoints'] for p in persons])
        points = points.reshape(-1, num_keypoints, 3)
        boxes = np.array([p['bbox'] for p in persons]).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        metric.process({}, [dict(
            id=[0] * len(persons), img_id=image_id, gt_instances={},
            # As a data set lists it, of the labelled persons.
            category_id=np.ones(3, int),
            pred_instances=dict(
                keypoints=points[..., :2], keypoint_scores=points[..., 2],
                bboxes=boxes,
                bbox_scores=np.array([p['score'] for p in persons])))])
    return metric.evaluate(size=len(by_image))


def run(tmp_path: Path, truth: dict, records: list[dict], meta: dict,
        **kwargs) -> dict[str, float]:
    """Evaluate against a file with this ground truth."""
    (tmp_path / 'ann.json').write_text(json.dumps(truth))
    metric = METRICS.build(dict(
        type='PoseCocoMetric', ann_file=str(tmp_path / 'ann.json'),
        score_mode='bbox', nms_mode='none', **kwargs))
    metric.dataset_meta = copy.deepcopy(meta)
    return evaluate(metric, truth, records, meta['num_keypoints'])


def plain_evaluator(truth: dict, records: list[dict],
                    meta: dict) -> COCOeval:
    """pycocotools as its documentation shows it, with these sigmas."""
    ground_truth = COCO()
    ground_truth.dataset = copy.deepcopy(truth)
    ground_truth.createIndex()
    evaluator = COCOeval(ground_truth,
                         ground_truth.loadRes(copy.deepcopy(records)),
                         'keypoints')
    evaluator.params.kpt_oks_sigmas = np.array(meta['sigmas'])
    return evaluator


def plain_coco(truth: dict, records: list[dict], meta: dict) -> list[float]:
    """The ten numbers of COCO."""
    evaluator = plain_evaluator(truth, records, meta)
    evaluator.evaluate()
    evaluator.accumulate()
    evaluator.summarize()
    return list(evaluator.stats)


def plain_crowdpose(truth: dict, records: list[dict],
                    meta: dict) -> list[float]:
    """The nine numbers of CrowdPose: all, then by crowd index.

    CrowdPose's code takes 0.53 x box area as area, splits at 0.2 and 0.8, and
    rounds the AP of the splits to four digits.
    """
    truth = copy.deepcopy(truth)
    for ann in truth['annotations']:
        ann['area'] = ann['bbox'][2] * ann['bbox'][3] * 0.53
    stats = plain_coco(truth, records, meta)
    stats = stats[:3] + stats[5:8]
    for low, high in ((-np.inf, 0.2), (0.2, 0.8), (0.8, np.inf)):
        evaluator = plain_evaluator(truth, records, meta)
        evaluator.params.imgIds = [
            image['id'] for image in truth['images']
            if low <= image['crowdIndex'] < high]
        evaluator.evaluate()
        evaluator.accumulate()
        stats.append(round(evaluator.eval['precision'][..., 0, :].mean(), 4))
    return stats


def assert_coco_equal(tmp_path: Path, truth: dict) -> None:
    records = make_predictions(truth, COCO_META)
    ours = run(tmp_path, truth, records, COCO_META)
    assert list(ours) == [
        f'coco/{name}' for name in
        ('AP', 'AP .5', 'AP .75', 'AP (M)', 'AP (L)',
         'AR', 'AR .5', 'AR .75', 'AR (M)', 'AR (L)')]
    assert 0.05 < ours['coco/AP'] < 0.95
    np.testing.assert_allclose(list(ours.values()),
                               plain_coco(truth, records, COCO_META),
                               rtol=0, atol=1e-9)


def assert_crowdpose_equal(tmp_path: Path, truth: dict) -> None:
    records = make_predictions(truth, CROWDPOSE_META)
    ours = run(tmp_path, truth, records, CROWDPOSE_META,
               iou_type='keypoints_crowd', use_area=False, prefix='crowdpose')
    assert list(ours) == [
        f'crowdpose/{name}' for name in
        ('AP', 'AP .5', 'AP .75', 'AR', 'AR .5', 'AR .75',
         'AP(E)', 'AP(M)', 'AP(H)')]
    assert 0.05 < ours['crowdpose/AP'] < 0.95
    np.testing.assert_allclose(list(ours.values()),
                               plain_crowdpose(truth, records, CROWDPOSE_META),
                               rtol=0, atol=1e-9)


@pytest.mark.parametrize('seed', range(3))
def test_equals_pycocotools(tmp_path, seed):
    assert_coco_equal(tmp_path, make_ground_truth(COCO_META, seed))


@pytest.mark.parametrize('seed', range(3))
def test_crowdpose_equals_pycocotools(tmp_path, seed):
    truth = make_ground_truth(CROWDPOSE_META, seed)
    for ann in truth['annotations']:
        # As in CrowdPose: no area, and only plainly visible ones counted.
        del ann['area']
        ann['num_keypoints'] = sum(v == 2 for v in ann['keypoints'][2::3])
    assert_crowdpose_equal(tmp_path, truth)


def test_equals_pycocotools_on_coco_mini(tmp_path, coco_mini):
    path = coco_mini / 'annotations' / 'person_keypoints_val.json'
    assert_coco_equal(tmp_path, json.loads(path.read_text()))


@pytest.mark.slow
def test_crowdpose_equals_pycocotools_on_all_of_its_val_set(
        tmp_path, crowdpose_mini):
    path = crowdpose_mini / 'annotations' / 'crowdpose_val_labels_only.json'
    assert_crowdpose_equal(tmp_path, json.loads(path.read_text()))


@pytest.mark.parametrize('crowd', [False, True])
def test_no_prediction_at_all_gives_zeros_and_a_warning(
        tmp_path, warned, crowd):
    meta = CROWDPOSE_META if crowd else COCO_META
    kwargs = dict(iou_type='keypoints_crowd', use_area=False) if crowd else {}
    truth = make_ground_truth(meta)
    ours = run(tmp_path, truth, [], meta, **kwargs)
    assert set(ours.values()) == {0.}
    assert warned == ['no person was predicted in any of the 30 images']


def test_missing_areas_are_estimated_with_one_warning(tmp_path, warned):
    truth = make_ground_truth(COCO_META)
    for ann in truth['annotations'][::2]:
        del ann['area']
    records = make_predictions(truth, COCO_META)
    ours = run(tmp_path, truth, records, COCO_META)
    assert len(warned) == 1
    assert 'no area; 0.53 x box area' in warned[0]
    for ann in truth['annotations'][::2]:
        ann['area'] = 0.53 * ann['bbox'][2] * ann['bbox'][3]
    np.testing.assert_allclose(list(ours.values()),
                               plain_coco(truth, records, COCO_META),
                               rtol=0, atol=1e-9)


def test_file_can_come_from_the_data_set(tmp_path):
    """Without ``ann_file``, the data set's file is evaluated against."""
    truth = make_ground_truth(COCO_META)
    records = make_predictions(truth, COCO_META)
    wanted = run(tmp_path, truth, records, COCO_META)
    meta = dict(COCO_META, dataset_name='told by the data set')
    MessageHub.get_current_instance().update_info(
        f'{meta["dataset_name"]}_ann_file', str(tmp_path / 'ann.json'))
    metric = PoseCocoMetric(score_mode='bbox', nms_mode='none')
    metric.dataset_meta = meta
    assert evaluate(metric, truth, records, meta['num_keypoints']) == wanted


def assert_figures(ours: dict[str, float], wanted: list[float]) -> None:
    np.testing.assert_allclose(
        list(ours.values()), wanted, rtol=0, atol=1e-9)


@pytest.mark.parametrize('id', [0, 1, 7])
def test_the_only_category_of_persons_may_have_any_id(tmp_path, id):
    truth = make_ground_truth(COCO_META)
    records = make_predictions(truth, COCO_META)
    wanted = plain_coco(truth, records, COCO_META)
    truth['categories'] = [dict(id=3, name='all'), dict(id=id, name='people')]
    for ann in truth['annotations']:
        ann['category_id'] = id
    ours = run(tmp_path, truth, records, COCO_META,
               outfile_prefix=str(tmp_path / 'out'))
    assert_figures(ours, wanted)
    # As other tools, which read them next to the file, expect it.
    written = json.loads((tmp_path / 'out.keypoints.json').read_text())
    assert {record['category_id'] for record in written} == {id}


def test_several_categories_are_refused_unless_named(tmp_path):
    truth = make_ground_truth(COCO_META)
    truth['categories'].append(dict(id=2, name='child'))
    for ann in truth['annotations'][::3]:
        ann['category_id'] = 2
    records = make_predictions(truth, COCO_META)
    with pytest.raises(InputError, match="2 have keypoints .*name the one"):
        run(tmp_path, truth, records, COCO_META)
    # The one alone, and both as one.
    children = dict(truth, annotations=[
        dict(ann, category_id=1) for ann in truth['annotations'][::3]])
    assert_figures(
        run(tmp_path, truth, records, COCO_META, category='child'),
        plain_coco(children, records, COCO_META))
    people = dict(truth, annotations=[
        dict(ann, category_id=1) for ann in truth['annotations']])
    assert_figures(
        run(tmp_path, truth, records, COCO_META, category=['child', 1]),
        plain_coco(people, records, COCO_META))


@pytest.mark.parametrize('first', [0, -5, 2**60])
def test_persons_may_have_any_ids(tmp_path, first):
    """COCO's code takes the ids 0 or below for "not found"."""
    truth = make_ground_truth(COCO_META)
    records = make_predictions(truth, COCO_META)
    wanted = plain_coco(truth, records, COCO_META)
    for number, ann in enumerate(truth['annotations'], first):
        ann['id'] = number
    assert_figures(run(tmp_path, truth, records, COCO_META), wanted)


@pytest.mark.parametrize('crowd', [False, True])
def test_the_tested_images_are_scored(tmp_path, crowd):
    meta = CROWDPOSE_META if crowd else COCO_META
    kwargs = dict(iou_type='keypoints_crowd', use_area=False) if crowd else {}
    truth = make_ground_truth(meta)
    records = make_predictions(truth, meta)
    (tmp_path / 'ann.json').write_text(json.dumps(truth))
    metric = METRICS.build(dict(
        type='PoseCocoMetric', ann_file=str(tmp_path / 'ann.json'),
        score_mode='bbox', nms_mode='none', **kwargs))
    metric.dataset_meta = copy.deepcopy(meta)
    # Again with others: nothing is left over from the time before.
    for tested in (range(1, 31), range(1, 31, 2), range(5, 9)):
        part = dict(
            images=[i for i in truth['images'] if i['id'] in tested],
            annotations=[a for a in truth['annotations']
                         if a['image_id'] in tested],
            categories=truth['categories'])
        found = [r for r in records if r['image_id'] in tested]
        ours = evaluate(metric, part, found, meta['num_keypoints'])
        plain = plain_crowdpose if crowd else plain_coco
        assert_figures(ours, plain(part, found, meta))


@pytest.mark.parametrize('crowd', [False, True])
def test_tested_images_without_anybody(tmp_path, warned, crowd):
    """Nobody, or nobody but crowds, which COCO's evaluation passes over."""
    truth = make_ground_truth(COCO_META)
    empty = truth['images'][0]['id']
    persons = [a for a in truth['annotations'] if a['image_id'] == empty]
    truth['annotations'] = [
        a for a in truth['annotations'] if a['image_id'] != empty]
    if crowd:
        truth['annotations'] += [dict(a, iscrowd=1) for a in persons]
    (tmp_path / 'ann.json').write_text(json.dumps(truth))
    metric = METRICS.build(dict(
        type='PoseCocoMetric', ann_file=str(tmp_path / 'ann.json'),
        score_mode='bbox', nms_mode='none'))
    metric.dataset_meta = copy.deepcopy(COCO_META)
    part = dict(images=truth['images'][:1], annotations=[])
    ours = evaluate(metric, part, make_predictions(part, COCO_META, 4), 17)
    assert set(ours.values()) == {-1}
    assert 'none of the 1 tested images has a labelled person' in warned[-1]


@pytest.mark.parametrize('fault', ['unknown', 'another'])
def test_an_image_that_is_not_in_the_file(tmp_path, fault):
    truth = make_ground_truth(COCO_META)
    (tmp_path / 'ann.json').write_text(json.dumps(truth))
    metric = PoseCocoMetric(ann_file=str(tmp_path / 'ann.json'))
    metric.dataset_meta = copy.deepcopy(COCO_META)
    metric.check_image(3, 'some/folder/3.jpg')
    metric.check_image(3, None)
    with pytest.raises(InputError, match='ann.json: .* the evaluator') as info:
        if fault == 'unknown':
            metric.check_image(99, 'some/99.jpg')
        else:
            metric.check_image(3, 'some/folder/03.jpg')
    assert '\n' not in str(info.value)


def test_gaps_of_the_file_are_filled(tmp_path):
    truth = make_ground_truth(COCO_META)
    records = make_predictions(truth, COCO_META)
    for ann in truth['annotations']:
        ann['iscrowd'] = 0
    wanted = plain_coco(truth, records, COCO_META)
    for ann in truth['annotations']:
        del ann['iscrowd'], ann['num_keypoints']
        points = ann['keypoints']
        for i in range(0, len(points), 3):
            if points[i + 2] == 0:
                points[i:i + 2] = [float('nan'), None]
    assert_figures(run(tmp_path, truth, records, COCO_META), wanted)


@pytest.mark.parametrize('change', [
    lambda truth: truth['images'][3].pop('crowdIndex'),
    lambda truth: truth['images'][3].update(crowdIndex=None),
    lambda truth: truth['annotations'][3].update(id='a'),
    lambda truth: truth.pop('categories'),
    lambda truth: truth['annotations'][3].update(category_id=4)])
def test_what_evaluation_needs_is_checked_before_it(tmp_path, change):
    """The metainfo is set when a training begins."""
    truth = make_ground_truth(CROWDPOSE_META)
    change(truth)
    (tmp_path / 'ann.json').write_text(json.dumps(truth))
    metric = PoseCocoMetric(
        ann_file=str(tmp_path / 'ann.json'), iou_type='keypoints_crowd',
        use_area=False)
    with pytest.raises(InputError, match='ann.json: (images|annot|categ)'):
        metric.dataset_meta = copy.deepcopy(CROWDPOSE_META)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match='none.json.*SASD_DATA_ROOT'):
        PoseCocoMetric(ann_file=str(tmp_path / 'none.json'))


def test_file_without_annotations_is_named(tmp_path):
    path = tmp_path / 'ann.json'
    path.write_text('{"images": [], "categories": []}')
    metric = PoseCocoMetric(ann_file=str(path))
    with pytest.raises(InputError, match='ann.json: annotations: not there'):
        metric.dataset_meta = copy.deepcopy(COCO_META)


def test_file_of_another_number_of_keypoints(tmp_path):
    with pytest.raises(InputError, match='42 numbers, .* 17 keypoints'):
        run(tmp_path, make_ground_truth(CROWDPOSE_META), [], COCO_META)


def test_model_of_another_number_of_keypoints(tmp_path):
    truth = make_ground_truth(COCO_META)
    (tmp_path / 'ann.json').write_text(json.dumps(truth))
    metric = PoseCocoMetric(ann_file=str(tmp_path / 'ann.json'))
    metric.dataset_meta = copy.deepcopy(COCO_META)
    records = make_predictions(make_ground_truth(CROWDPOSE_META),
                               CROWDPOSE_META)
    with pytest.raises(InputError, match='predicts 14 keypoints .* has 17'):
        evaluate(metric, truth, records, 14)


def test_written_predictions_can_be_loaded(tmp_path):
    truth = make_ground_truth(COCO_META)
    records = make_predictions(truth, COCO_META)
    run(tmp_path, truth, records, COCO_META,
        outfile_prefix=str(tmp_path / 'out'))
    written = json.loads((tmp_path / 'out.keypoints.json').read_text())

    def key(record):
        return record['image_id'], record['score']

    assert len(written) == len(records)
    for a, b in zip(sorted(written, key=key), sorted(records, key=key),
                    strict=True):
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_allclose(a[name], b[name])
