"""The benchmark: who takes part, planted people, races, agreement, failures."""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from tool_loader import command
from videos import write_video

from projects.benchmark import (
    RUNTIMES,
    Settings,
    choose,
    drawn_images,
    load_catalogue,
    run_benchmark,
    runtimes,
)
from projects.benchmark.candidate import Candidate
from projects.benchmark.catalogue import Entry, Ratio
from projects.benchmark.ncnn_profile import layer_times, read_layers
from projects.benchmark.planting import plant
from projects.benchmark.report import ratio_record
from projects.benchmark.runtimes import compare, greatest_shift, make_ready
from projects.benchmark.timing import (
    Pipeline,
    Times,
    Timing,
    paired_ratio,
    spread,
    time_pipelines,
)
from sasd_mmpose.errors import InputError
from sasd_mmpose.inference.person import Person

ROOT = Path(__file__).parents[3]
CATALOGUE = load_catalogue(ROOT / 'projects/benchmark/configs/models.py')
# Small inputs; those of LitePose follow from the image.
SMALL = dict(
    sasd_xs=(128, 128), yolo_pose_s=(128, 128), litepose_xs=(384, 256),
    yolox_pose_tiny=(128, 128), rtmo_t=(128, 128))


@pytest.fixture(scope='module')
def images():
    """Two drawn images with people."""
    return drawn_images(2)


def candidate(name: str, images) -> Candidate:
    """Build a model of the catalogue at a small input size."""
    entry = CATALOGUE.entries[name]._replace(input_size=SMALL[name])
    return Candidate(entry, ROOT, images[0].image)


# ------------------------------------------------------------- who takes part


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(InputError) as error:
        choose(['sasd_xs', 'sasd_xxl'], list(CATALOGUE.entries), 'model')
    line = str(error.value)
    assert 'sasd_xxl' in line and 'litepose_xs' in line and '\n' not in line


def test_names_are_taken_once_and_in_order():
    assert choose(['ncnn', 'torch', 'ncnn'], RUNTIMES, 'backend') == [
        'torch', 'ncnn']
    assert choose(None, RUNTIMES, 'backend') == list(RUNTIMES)


def test_catalogue_names_files_and_ratios_of_its_own_models():
    for entry in CATALOGUE.entries.values():
        assert entry.config.startswith('mmpose::') or (
            ROOT / entry.config).is_file()
    for ratio in CATALOGUE.ratios:
        for model, stage in (ratio.of, ratio.to):
            assert model in CATALOGUE.entries
            assert stage in Times._fields


def test_litepose_sizes_are_those_of_a_4_3_image():
    """Short side as nominal, the other up to a multiple of 64."""
    for name, nominal in (('litepose_xs', 256), ('litepose_s', 448),
                          ('litepose_m', 448), ('litepose_l', 512)):
        width, height = CATALOGUE.entries[name].input_size
        assert height == nominal
        assert width == -(-nominal * 4 // 3 // 64) * 64


# -------------------------------------------------------------- planted people


@pytest.mark.parametrize('name', sorted(SMALL))
def test_planted_people_come_out(name, images):
    """As many as are labelled, where they are; RTMO's keypoints are noise."""
    model = candidate(name, images)
    image, labels = images[0].image, images[0].labels
    _, place = model.stages.preprocess(image)
    maps = plant(model, labels.in_input(place))
    assert [m.shape for m in maps] == model.shapes
    found = model.stages.decode(maps, place)
    assert abs(len(found) - len(labels.boxes)) <= 2
    if name == 'rtmo_t':
        return
    distances = np.array([[
        np.abs(person.keypoints - points)[visible].mean()
        for points, visible in zip(labels.keypoints, labels.visible)
    ] for person in found])
    matched = distances[linear_sum_assignment(distances)]
    # A cell of LitePose's finest map is 3.3 pixels of the image.
    assert np.median(matched) < 4


def test_labels_move_with_the_image(images):
    model = candidate('sasd_xs', images)
    _, place = model.stages.preprocess(images[0].image)
    labels = images[0].labels
    moved = labels.in_input(place)
    # 640 x 480 in 128 x 128: a fifth of the size, 16 rows of grey above.
    assert np.allclose(moved.boxes, labels.boxes / 5 + [0, 16, 0, 16], atol=1e-3)
    assert np.allclose(place.to_image(moved.keypoints), labels.keypoints,
                       atol=1e-2)


def test_random_weights_keep_their_scale(images):
    """Batch norms are settled: maps neither fade nor explode, and repeat."""
    first, second = (candidate('sasd_xs', images) for _ in range(2))
    with torch.no_grad():
        maps = first.net(first.example)
        assert all(1e-2 < m.std() < 1e2 for m in maps)
        for a, b in zip(maps, second.net(second.example)):
            assert torch.equal(a, b)
    assert not any(m.training for m in first.net.modules())


def test_macs_are_those_of_the_very_size(images):
    """LitePose-XS: 0.919 G at 256 x 256, half as many again at 384 x 256."""
    counted = candidate('litepose_xs', images).complexity()
    assert counted['macs'] == pytest.approx(1.5 * 0.919e9, rel=0.04)
    assert counted['params'] == pytest.approx(1.676e6, rel=0.01)


# ----------------------------------------------------------------------- races


class _Stages:
    """Surroundings of a net that note what they are asked."""

    def __init__(self, log: list, name: str, fails_at: int | None = None):
        self.log, self.name, self.fails_at = log, name, fails_at

    def preprocess(self, image):
        self.log.append(self.name)
        if self.fails_at is not None and self.log.count(
                self.name) > self.fails_at:
            raise ValueError('out of\nmemory')
        return np.zeros((1, 3, 2, 2)), None

    def decode(self, maps, place):
        return []


def pipeline(log: list, name: str, fails_at: int | None = None) -> Pipeline:
    return Pipeline(_Stages(log, name, fails_at), lambda blob: [], [[], []])


IMAGES = [np.zeros((2, 2, 3), np.uint8)] * 2


def test_models_take_turns():
    log, rounds = [], []
    pipelines = {(name, 'ncnn'): pipeline(log, name) for name in 'AB'}
    outcome = time_pipelines(pipelines, IMAGES, 3, rounds.append)
    # One run that does not count, then one that does.
    assert log == list('AABB') * 3
    assert rounds == [1, 2, 3]
    assert {key: len(timings) for key, timings in outcome.timings.items()} == {
        ('A', 'ncnn'): 3, ('B', 'ncnn'): 3}
    for timing in outcome.timings['A', 'ncnn']:
        parts = timing.ms.preprocess + timing.ms.net + timing.ms.decode
        assert parts == pytest.approx(timing.ms.whole)


def test_one_that_breaks_down_leaves_the_others_in_the_race():
    log = []
    pipelines = {('A', 'ncnn'): pipeline(log, 'A', fails_at=3),
             ('B', 'ncnn'): pipeline(log, 'B')}
    outcome = time_pipelines(pipelines, IMAGES, 3, lambda number: None)
    assert outcome.failed == {('A', 'ncnn'): 'ValueError: out of memory'}
    assert list(outcome.timings) == [('B', 'ncnn')]
    assert len(outcome.timings['B', 'ncnn']) == 3


def test_ctrl_c_keeps_the_rounds_so_far():
    log = []

    def stop(number):
        if number == 2:
            raise KeyboardInterrupt

    outcome = time_pipelines({('A', 'ncnn'): pipeline(log, 'A')}, IMAGES, 9, stop)
    assert len(outcome.timings['A', 'ncnn']) == 2


def timing(*ms: float) -> Timing:
    return Timing(Times(*ms), Times(*(2 * value for value in ms)))


def test_ratios_are_paired_within_rounds():
    """A machine that is ten times slower in one round changes nothing."""
    fast = [Times(1, 2, 1, 4), Times(10, 20, 10, 40), Times(1, 2, 1, 4)]
    slow = [Times(1, 6, 1, 8), Times(10, 60, 10, 80), Times(1, 6, 1, 8)]
    found = paired_ratio(fast, slow, 'whole', 'whole')
    assert found == dict(median=0.5, q25=0.5, q75=0.5, min=0.5)
    assert paired_ratio(fast, fast, 'whole', 'net')['median'] == 2


def test_spread_is_median_and_quartiles():
    assert spread([4, 1, 3, 2, 5]) == dict(median=3, q25=2, q75=4, min=1)


def test_a_ratio_says_whether_it_is_met():
    ratio = Ratio(('a', 'whole'), ('b', 'whole'), 0.5)
    timings = {('a', 'ncnn'): [timing(0, 1, 0, 1)], ('b', 'ncnn'): [timing(0, 2, 0, 2)]}
    record = ratio_record(ratio, 'ncnn', timings)
    assert record['met'] and record['ms']['median'] == 0.5
    assert not ratio_record(
        ratio._replace(at_most=0.4), 'ncnn', timings)['met']
    assert 'met' not in ratio_record(
        ratio._replace(at_most=None), 'ncnn', timings)
    assert ratio_record(ratio, 'torch', timings) is None


# ------------------------------------------------------------------- agreement


def person(*points: tuple[float, float]) -> Person:
    return Person(np.zeros(4), 1.0, np.array(points), np.ones(len(points)))


def test_people_are_paired_whatever_their_order():
    ours = [person((0, 0), (4, 4)), person((50, 50), (60, 60))]
    theirs = [person((50, 50.2), (60, 60)), person((0.1, 0), (4, 4))]
    assert greatest_shift(ours, theirs) == pytest.approx(0.2)
    assert greatest_shift(ours, ours[:1]) is None
    assert greatest_shift(ours, [ours[0], ours[0]]) > 40
    assert greatest_shift([], []) == 0


def test_a_net_that_differs_is_seen(images):
    model = candidate('sasd_xs', images)
    blob, place = model.stages.preprocess(images[0].image)
    planted = plant(model, images[0].labels.in_input(place))

    def shifted(step):
        def net(inputs):
            with torch.no_grad():
                return [m[0].numpy() + step
                        for m in model.net(torch.from_numpy(inputs))]
        return net

    exact = compare(model, shifted(0), blob, place, planted)
    assert exact.max_relative_error == 0 and exact.same_people
    # Half a cell and more, for every keypoint.
    wrong = compare(model, shifted(1), blob, place, planted)
    assert wrong.max_relative_error > 0.01 and not wrong.same_people


@pytest.mark.slow
@pytest.mark.parametrize('name', [
    'sasd_xs', 'litepose_xs', 'yolo_pose_s', 'yolox_pose_tiny', 'rtmo_t'])
def test_ncnn_gives_the_same_people_as_torch(name, images, tmp_path):
    model = candidate(name, images)
    ready = make_ready(model, 'ncnn', 1, tmp_path)
    params = sum(p.numel() for p in model.net.parameters())
    # Four bytes each; batch norms are folded, a tenth of RTMO is for training
    # only, and folded shuffles add channels of zeros.
    assert ready.file_bytes == pytest.approx(
        4 * params, rel={'rtmo_t': 0.1, 'sasd_xs': 0.03}.get(name, 0.02))
    for sample in images:
        blob, place = model.stages.preprocess(sample.image)
        planted = plant(model, sample.labels.in_input(place))
        agreement = compare(model, ready.net, blob, place, planted)
        assert agreement.max_relative_error < 2e-3
        assert agreement.same_people, agreement
        assert abs(agreement.people - len(sample.labels.boxes)) <= 2
    # A second conversion is the first one.
    again = make_ready(model, 'ncnn', 1, tmp_path)
    assert again.folder == ready.folder

    times = layer_times(ready.folder, blob, 1)
    assert len(times) == len(read_layers(ready.folder / 'end2end.param')) - 1
    assert all(ms > 0 for _, ms in times)


# ------------------------------------------------------------------ the report


@pytest.mark.slow
def test_report_goes_on_where_models_fail(images, tmp_path, monkeypatch):
    """One net cannot be converted; one config is missing."""

    def refuse(*args):
        raise RuntimeError('no such layer in ncnn')

    monkeypatch.setattr(runtimes, 'convert', refuse)
    entries = {
        'rtmo_t': CATALOGUE.entries['rtmo_t']._replace(input_size=(128, 128)),
        'lost': Entry('lost', 'configs/lost.py', (128, 128)),
    }
    catalogue = CATALOGUE._replace(
        entries=entries, ratios=[Ratio(('rtmo_t', 'whole'), ('rtmo_t', 'net'))])
    settings = Settings(['torch', 'ncnn'], 1, 2, tmp_path, ROOT)
    said = []
    result = run_benchmark(
        catalogue, list(entries), images, 'drawn', settings, said.append)
    result = json.loads(json.dumps(result))

    assert 'no such config file' in result['models']['lost']['failed']
    assert any('lost' in line and 'no such' in line for line in said)
    rtmo = result['models']['rtmo_t']
    assert 'no such layer' in rtmo['runtimes']['ncnn']['failed']
    times = rtmo['runtimes']['torch']['ms']
    assert times['whole']['median'] >= times['net']['median'] > 0
    assert rtmo['quoted_ap']['value'] == 57.4
    assert result['threads'] == 1 and result['rounds'] == 2
    assert result['images']['people'] == [
        len(sample.labels.boxes) for sample in images]
    assert result['versions']['torch'] == torch.__version__.split('+')[0] or (
        result['versions']['torch'] == torch.__version__)
    ratio, = result['ratios']
    assert ratio['ms']['median'] >= 1


def test_a_video_is_timed_against_the_net(monkeypatch, tmp_path):
    write_video(tmp_path / 'clip.mp4', frames=3)
    run = command('projects.benchmark.tools.time_video', monkeypatch)
    run(tmp_path / 'clip.mp4', '--runs', 1, '--out', tmp_path / 'video.json')
    found = json.loads((tmp_path / 'video.json').read_text())
    assert min(found['seconds'].values()) > 0 and found['cores'] >= 1
    assert set(found['ratios']) == {'one_after_another / net_alone',
                                    'at_the_same_time / net_alone'}
