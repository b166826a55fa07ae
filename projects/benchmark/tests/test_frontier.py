"""The frontier: a top-down pair, nets of ultralytics, one run, what is made of it."""
from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from mmpose.codecs import MSRAHeatmap
from small_nets import build, model_cfg
from tool_loader import command

from projects.benchmark.frontier import (
    tables,
    tinypose,
    top_down,
    trained,
    ultralytics_nets,
)
from projects.benchmark.frontier.case import Case, Ready, Setting
from projects.benchmark.frontier.flip_test import FlipDecoder
from projects.benchmark.frontier.plot import plot_frontier, plot_people
from projects.benchmark.frontier.rtmdet import INPUT, Boxes, RTMDet
from projects.benchmark.frontier.run import crossing, make_ready, time_ratios
from projects.benchmark.frontier.tinypose import HEATMAP_SIZE, Crop, TinyPose
from projects.benchmark.frontier.val_images import by_people
from projects.benchmark.images import LabelledImage, drawn_images
from projects.benchmark.planting import plant_decoded
from projects.benchmark.timing import Times, Timing
from sasd_mmpose.errors import InputError
from sasd_mmpose.inference.letterbox import Letterbox
from sasd_mmpose.inference.model_description import OutputSpec, Thresholds
from sasd_mmpose.models import deployed_cfg

ROOT = Path(__file__).parents[3]
QUOTED = json.loads((ROOT / 'results/quoted.json').read_text())['frontier']


@pytest.fixture
def peers(data_root: Path, monkeypatch) -> Path:
    """The folder with the weights of others."""
    folder = data_root / 'peers'
    if not (folder / 'rtmdet-nano.onnx').is_file():
        pytest.skip('needs the nets of others: no peers in SASD_DATA_ROOT')
    monkeypatch.setenv('SASD_PEERS', str(folder))
    return folder


# ------------------------------------------------------------------ top-down


def logit(score: float) -> float:
    return float(np.log(score / (1 - score)))


def test_boxes_are_distances_from_points():
    """One person at two cells of stride 16; a second one below the threshold."""
    detector = RTMDet.__new__(RTMDet)
    detector.score_thr = 0.2
    maps = [np.full((side, side, 5), -9.0, np.float32) for side in (40, 20, 10)]
    # Column 5, row 7: the point (80, 112).
    maps[1][7, 5] = [logit(0.9), 10, 20, 30, 40]
    maps[1][7, 6] = [logit(0.6), 26, 20, 14, 40]
    maps[2][1, 1] = [logit(0.1), 9, 9, 9, 9]
    # 640 x 320 in 320 x 320: half the size, 80 rows of grey above.
    place = Letterbox(INPUT, (320, 320)).place(640, 320)
    found = detector.decode(maps, place)
    assert found.scores == pytest.approx([0.9], abs=1e-6)
    assert found.corners == pytest.approx(
        np.array([[140, 2 * (92 - 80), 220, 2 * (152 - 80)]]), abs=1e-3)


def pose_without_net() -> TinyPose:
    """Everything of TinyPose but its net."""
    pose = TinyPose.__new__(TinyPose)
    pose.normalize = Letterbox(tinypose.INPUT, (192, 256))
    pose.codec = MSRAHeatmap((192, 256), HEATMAP_SIZE, 2.0, unbiased=True)
    return pose


def test_keypoints_come_back_to_where_they_are_in_the_image():
    """A white dot of the image is a peak in the crop, and a keypoint there."""
    image = np.zeros((400, 500, 3), np.uint8)
    cv2.circle(image, (260, 150), 5, (255, 255, 255), -1)
    boxes = Boxes(np.array([[200.0, 50, 300, 350]]), np.array([0.8]))
    pose = pose_without_net()
    crop, = pose.crops(image, boxes)
    # 1.25 times the height, at 3:4.
    assert crop.scale == pytest.approx([375 * 0.75, 375])
    assert crop.center == pytest.approx([250, 200])
    # Seen by a net whose heatmap is the crop's brightness at a quarter of the size.
    grey = crop.blob[0].mean(0)
    heatmap = cv2.GaussianBlur(grey - grey.min(), (0, 0), 4)[2::4, 2::4]
    heatmaps = np.repeat(heatmap[None] / heatmap.max(), 17, 0)
    person, = pose.decode([heatmaps], [crop], boxes)
    assert np.abs(person.keypoints - (260, 150)).max() < 3
    assert person.score == pytest.approx(0.8, rel=0.01)


def test_unsure_keypoints_do_not_count_for_the_score():
    heatmaps = np.full((17, 64, 48), 1e-3, np.float32)
    heatmaps[:4, 20, 20] = 0.5
    boxes = Boxes(np.array([[0.0, 0, 30, 40]]), np.array([0.6]))
    crop = Crop(None, np.array([15.0, 20]), np.array([37.5, 50]))
    person, = pose_without_net().decode([heatmaps], [crop], boxes)
    assert person.score == pytest.approx(0.6 * 0.5)


def test_without_files_of_others_one_line_says_where_they_go(tmp_path, monkeypatch):
    monkeypatch.setenv('SASD_PEERS', str(tmp_path))
    case = top_down.cases()[0]
    with pytest.raises(InputError, match=r'rtmdet-nano.onnx: no such file.*SASD_PEERS'):
        top_down.make_ready(case, Setting(tmp_path, 1))


@pytest.mark.slow
def test_the_pair_finds_the_people_of_a_photograph(peers, coco_mini, tmp_path):
    """On two runtimes the same people, near the labels of the largest."""
    truth = json.loads(
        (coco_mini / 'annotations/person_keypoints_val.json').read_text())
    person = max(truth['annotations'], key=lambda a: a['num_keypoints'] * a['area'])
    name = next(i['file_name'] for i in truth['images']
                if i['id'] == person['image_id'])
    image = cv2.imread(str(coco_mini / 'images' / name))
    labelled = np.reshape(person['keypoints'], (-1, 3))
    found = [top_down.TopDown(runtime, 1, tmp_path)(image)
             for runtime in ('onnxruntime', 'ncnn')]
    for people in found:
        visible = labelled[:, 2] > 0
        off = np.linalg.norm(people[0].keypoints - labelled[:, :2], axis=1)[visible]
        assert np.median(off) < 0.1 * np.sqrt(person['area'])
    assert len(found[0]) == len(found[1])
    assert np.abs(found[0][0].keypoints - found[1][0].keypoints).max() < 1


# ----------------------------------------------------------------- flip test


def test_the_flip_test_is_that_of_the_head():
    """Numpy on random maps of an oblong input, against torch's head."""
    head = build(deployed_cfg(model_cfg())).head
    rng = np.random.default_rng(3)
    shapes = [(3 * 56, 64 // s, 96 // s) for s in head.strides]
    passes = [[rng.normal(0, 2, shape).astype(np.float32) for shape in shapes]
              for _ in range(2)]
    expected, = head.predict_by_maps(
        [[torch.from_numpy(m)[None] for m in maps] for maps in passes],
        head.anchors, head.strides, dict(score_thr=0.5, nms_thr=0.65))
    outputs = [OutputSpec(f'out{i}', stride, (anchors * stride).tolist())
               for i, (stride, anchors) in enumerate(zip(head.strides, head.anchors))]
    description = SimpleNamespace(outputs=outputs, num_keypoints=17)
    decoder = FlipDecoder(
        description, Thresholds(score=0.5), 96, head.flip_indices)
    found = decoder(passes)
    assert len(found.scores) == len(expected.bbox_scores) > 5
    for mine, theirs in zip(found, (
            expected.bboxes, expected.bbox_scores, expected.keypoints,
            expected.keypoint_scores)):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-3)


# --------------------------------------------------------------- ultralytics


def yolo_on_a_drawing():
    sample, = drawn_images(1)
    spec = ultralytics_nets.InputSpec(
        name='images', width=128, height=128, dynamic=False, divisor=32, color='rgb',
        mean=(0, 0, 0), std=(255, 255, 255), pad_value=114)
    stages = ultralytics_nets.YoloStages(spec)
    _, place = stages.preprocess(sample.image)
    return sample, stages, place


def test_planted_people_come_out_of_a_yolo_output():
    sample, stages, place = yolo_on_a_drawing()
    raw = plant_decoded((56, 336), sample.labels.in_input(place))
    found = stages.decode([raw], place)
    assert 0 < len(found) <= len(sample.labels.boxes)
    for person in found:
        off = np.abs(sample.labels.boxes - person.box).max(axis=1)
        assert off.min() < 0.01
        keypoints = sample.labels.keypoints[off.argmin()]
        assert np.abs(person.keypoints - keypoints).max() < 0.01


def test_an_image_without_people_is_an_empty_yolo_output():
    sample, stages, place = yolo_on_a_drawing()
    nobody = type(sample.labels)(*(values[:0] for values in sample.labels))
    raw = plant_decoded((56, 336), nobody.in_input(place))
    assert not raw.any()
    assert stages.decode([raw], place) == []


@pytest.mark.parametrize('python', [None, '/no/such/python'])
def test_without_ultralytics_the_others_go_on(python, tmp_path, monkeypatch):
    monkeypatch.delenv(ultralytics_nets.SETTING, raising=False)
    case = Case('yolo26n-pose', 'ncnn', 256)
    other = Case('other', 'ncnn', 256)
    make = ultralytics_nets.Ultralytics(python, [])
    ready, failed = make_ready(
        {case: make, other: lambda *_: Ready(None, None, '')},
        Setting(tmp_path, 1), lambda line: None)
    assert list(ready) == [other]
    assert ultralytics_nets.SETTING in failed[case]


# ------------------------------------------------------------------- the run


def timing(whole: float) -> Timing:
    return Timing(*[Times(0, whole, 0, whole)] * 2)


def test_ratios_are_of_the_same_runtime_and_precision():
    ours = Case('sasd_xs', 'ncnn', 512)
    times = {
        ours: [timing(10), timing(20)],
        ours._replace(flip=True): [timing(99), timing(99)],
        Case('yolo26n-pose', 'ncnn', 384): [timing(5), timing(10)],
        Case('yolo26n-pose', 'openvino', 352): [timing(1), timing(1)]}
    found, = time_ratios(times)
    assert (found['of'], found['to'], found['runtime']) == (
        ['sasd_xs', 512, 'fp32'], ['yolo26n-pose', 384, 'fp32'], 'ncnn')
    assert found['cpu_ms']['median'] == 2


def test_lines_cross_where_both_cost_the_same():
    assert crossing({1: 30, 4: 32}, {1: 20, 2: 30, 4: 50}) == pytest.approx(2.1)


def test_images_are_chosen_by_their_people():
    samples = [LabelledImage(str(n), np.zeros(n), None) for n in (1, 3, 1, 1, 2)]
    chosen = by_people(iter(samples), len, (1, 2, 8), 2)
    assert {n: len(found) for n, found in chosen.items()} == {1: 2, 2: 1}


@pytest.mark.slow
def test_the_run_from_its_arguments_to_its_plots(
        peers, coco_mini, tmp_path, monkeypatch):
    """Few images, one round: AP, times, and why ultralytics is not there."""
    monkeypatch.delenv(ultralytics_nets.SETTING, raising=False)
    monkeypatch.setattr(trained, 'VARIANTS', (
        ('onnxruntime', 'fp32', False), ('onnxruntime', 'fp32', True)))
    run = command('projects.benchmark.frontier.__main__', monkeypatch)
    out = tmp_path / 'frontier.json'
    run('--sizes', 320, '--num-images', 3, '--rounds', 1, '--cache', tmp_path,
        '--out', out)
    result = json.loads(out.read_text())
    found = {e['name']: e for e in result['entrants']}
    pair = found['rtmdet_nano+tinypose-320-onnxruntime-fp32']
    assert pair['measured_ap']['AP'] > 0.4 and pair['measured_ap']['images'] == 3
    for name in ('sasd_xs-320-onnxruntime-fp32', 'sasd_xs-320-onnxruntime-fp32-flip'):
        assert found[name]['cpu_ms']['whole']['median'] > 0
        assert 0 <= found[name]['measured_ap']['AP'] <= 1
    assert 'not installed' in found['yolo26n-pose-320-ncnn-fp32']['failed']
    assert '✗' in tables.frontier_table(result, QUOTED)
    assert 'yolo26n-pose-320-ncnn' in tables.missing_table(result)
    assert tables.people_table(result) and tables.setting_table(result)
    plot_frontier(result, QUOTED, tmp_path / 'frontier.png')
    plot_people(result, tmp_path / 'people.png')
    # What was evaluated is not evaluated again.
    assert len(list((tmp_path / 'accuracy').glob('*.json'))) == 5


def record(net: str, size: int, ms: float, ap: float | None = None,
           flip: bool = False) -> dict:
    found = dict(net=net, size=size, runtime='onnxruntime', precision='fp32',
                 flip=flip, name=f'{net}-{size}', weights='w',
                 cpu_ms=dict(whole=dict(median=ms)))
    if ap is not None:
        found['measured_ap'] = dict(AP=ap, images=7)
    return found


def test_sentences_say_who_is_ahead():
    result = dict(people=dict(crossings=[]), entrants=[
        record('sasd_xs', 512, 31, 0.15), record('sasd_xs', 512, 64, 0.16, True),
        record('yolo26n-pose', 384, 27), record(top_down.NET, 320, 50, 0.6)])
    said = tables.sentences(result, QUOTED)
    assert '60.0 AP in 50 ms' in said and '15.0 AP in 31 ms' in said
    assert 'is ahead in both' in said
    result['entrants'][2] = record('yolo26n-pose', 384, 99)
    assert 'is more accurate and slower' in tables.sentences(result, QUOTED)
    assert tables.sentences(dict(result, entrants=[]), QUOTED) == ''
