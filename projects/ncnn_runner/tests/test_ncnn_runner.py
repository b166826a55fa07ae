"""The C++ runner against the Python predictor and torch.

The program is built where the machine has what that takes, and ncnn in the
cache: building ncnn takes longer than the rest of the suite.
"""
from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from small_nets import CONFIGS, SMALL, build, model_cfg

from projects.synthetic_people import SyntheticPeople
from sasd_mmpose import InputError, PoseEstimator
from sasd_mmpose.datasets.transforms import PoseResize
from sasd_mmpose.deploy.export import export_model
from sasd_mmpose.inference.prediction_writer import PredictionWriter
from sasd_mmpose.inference.sources import ImageSource
from sasd_mmpose.models.deployed import deployed_cfg

ROOT = Path(__file__).parents[3]
SCRIPTS = ROOT / 'projects' / 'ncnn_runner' / 'scripts'
SCORE_THR = 0.3
EXIF_ORIENTATION = 0x0112

Run = Callable[..., subprocess.CompletedProcess]


@pytest.fixture(scope='module')
def build_folder() -> Path:
    """The folder with the built program, and what is for tests only."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        import build_runner
    finally:
        sys.path.remove(str(SCRIPTS))
    missing = build_runner.missing_parts()
    if missing:
        pytest.skip(f'needs {missing}')
    return build_runner.build_runner().parent


@pytest.fixture(scope='module')
def run(build_folder: Path) -> Run:
    """Run the program with some arguments."""
    def run(*args: object) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(build_folder / 'sasd_pose'), *map(str, args)],
            capture_output=True, text=True, check=False, timeout=120)

    return run


@pytest.fixture(scope='module')
def people_image() -> np.ndarray:
    """An image of drawn people, (240, 320, 3)."""
    people = SyntheticPeople(num_images=1, image_size=(320, 240), max_people=4)
    return people.render(0).image


@pytest.fixture(scope='module')
def image_file(people_image: np.ndarray, tmp_path_factory) -> Path:
    """The same as a file that loses nothing."""
    return write(tmp_path_factory.mktemp('image') / 'people.png', people_image)


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory) -> Path:
    """Random weights that find people everywhere."""
    net = build(deployed_cfg(model_cfg()))
    file = tmp_path_factory.mktemp('checkpoint') / 'net.pth'
    torch.save(dict(state_dict=net.state_dict(), meta={}), file)
    return file


@pytest.fixture(scope='module')
def model(build_folder: Path, checkpoint: Path, image_file: Path,
          tmp_path_factory) -> Path:
    """A model folder of the net with these weights, at a fixed size of 192."""
    folder = tmp_path_factory.mktemp('model') / SMALL
    export_model(CONFIGS / 'deploy' / 'pose_ncnn_static.py',
                 CONFIGS / f'{SMALL}.py', checkpoint, image_file, folder)
    return folder


@pytest.fixture
def broken(model: Path, tmp_path: Path) -> Path:
    """A copy of the model folder, to be broken."""
    return Path(shutil.copytree(model, tmp_path / 'broken'))


def write(path: Path, image: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), image)
    return path


def read(path: Path) -> list[dict]:
    return json.loads(path.read_text())


def assert_same_people(found: list[dict], expected: list[dict],
                       pixels: float = 0.05) -> None:
    """Compare entries of COCO's results, each with the nearest of the others.

    Rounding may swap neighbours whose scores are all but equal.
    """
    assert len(found) == len(expected)
    boxes, others = (np.array([p['bbox'] for p in people]).reshape(-1, 4)
                     for people in (found, expected))
    apart = np.abs(boxes[:, None] - others).max(axis=2)
    nearest = apart.argmin(axis=1) if len(found) else []
    assert sorted(nearest) == list(range(len(expected)))
    for one, other in zip(found, (expected[i] for i in nearest)):
        assert one['category_id'] == other['category_id'] == 1
        assert one['score'] == pytest.approx(other['score'], abs=1e-3)
        assert one['bbox'] == pytest.approx(other['bbox'], abs=pixels)
        mine, others = (np.reshape(p['keypoints'], (-1, 3)) for p in (one, other))
        np.testing.assert_allclose(mine[:, :2], others[:, :2], rtol=0, atol=pixels)
        np.testing.assert_allclose(mine[:, 2], others[:, 2], rtol=0, atol=2e-3)


def assert_refused(done: subprocess.CompletedProcess, *parts: str) -> None:
    """One line on stderr that names all parts, and status 2."""
    assert done.returncode == 2, done
    assert done.stderr.startswith('error: ') and done.stderr.count('\n') == 1, done
    for part in parts:
        assert part in done.stderr


class TestPeople:

    def test_same_as_python_and_torch(self, run: Run, model: Path, checkpoint: Path,
                                      people_image: np.ndarray, image_file: Path,
                                      tmp_path: Path) -> None:
        done = run(model, image_file, '--out', tmp_path, '--threads', 1)
        assert done.returncode == 0, done.stderr
        found = read(tmp_path / 'predictions.json')
        assert len(found) >= 3
        assert {(p['image_id'], p['file_name']) for p in found} == {
            (1, image_file.name)}
        assert [p['score'] for p in found] == sorted(
            (p['score'] for p in found), reverse=True)

        by_python = PoseEstimator(model)(people_image)
        by_torch = PoseEstimator(
            config=CONFIGS / f'{SMALL}.py', checkpoint=checkpoint, device='cpu',
            score_thr=SCORE_THR)(people_image)
        assert_same_people(found, [p.to_coco() for p in by_python])
        assert_same_people(found, [p.to_coco() for p in by_torch])

    def test_keys_are_those_of_to_coco(self, run: Run, model: Path,
                                       people_image: np.ndarray, image_file: Path,
                                       tmp_path: Path) -> None:
        run(model, image_file, '--out', tmp_path)
        person = PoseEstimator(model)(people_image)[0]
        assert list(read(tmp_path / 'predictions.json')[0]) == [
            'image_id', 'file_name', *person.to_coco()]

    def test_thresholds(self, run: Run, model: Path, people_image: np.ndarray,
                        image_file: Path, tmp_path: Path) -> None:
        run(model, image_file, '--out', tmp_path, '--score-thr', 0.6,
            '--keypoint-thr', 1)
        people = PoseEstimator(model, score_thr=0.6)(people_image)
        assert_same_people(read(tmp_path / 'predictions.json'),
                           [p.to_coco() for p in people])
        # No keypoint is that certain, so nothing is drawn.
        drawn = cv2.imread(str(tmp_path / 'drawn' / image_file.name))
        np.testing.assert_array_equal(drawn, people_image)

    def test_drawing(self, run: Run, model: Path, people_image: np.ndarray,
                     image_file: Path, tmp_path: Path) -> None:
        run(model, image_file, '--out', tmp_path, '--keypoint-thr', 0)
        drawn = cv2.imread(str(tmp_path / 'drawn' / image_file.name))
        assert drawn.shape == people_image.shape
        changed = (drawn != people_image).any(axis=2)
        people = read(tmp_path / 'predictions.json')
        points = np.concatenate(
            [np.reshape(p['keypoints'], (-1, 3))[:, :2] for p in people])
        height, width = changed.shape
        within = (points > 1).all(1) & (points < (width - 2, height - 2)).all(1)
        x, y = np.rint(points[within]).astype(int).T
        assert within.sum() > 10 and changed[y, x].mean() > 0.99

    def test_photographs(self, run: Run, model: Path, coco_mini: Path,
                         tmp_path: Path) -> None:
        files = sorted((coco_mini / 'images').glob('*.jpg'))[:2]
        self.assert_as_in_python(run, model, files, tmp_path)

    def test_photographs_from_other_files(
            self, run: Run, model: Path, coco_mini: Path, tmp_path: Path) -> None:
        # Whichever decoder of JPEG was built in.
        files = [write(tmp_path / f'{file.stem}.png', cv2.imread(str(file)))
                 for file in sorted((coco_mini / 'images').glob('*.jpg'))[:2]]
        self.assert_as_in_python(run, model, files, tmp_path)

    @staticmethod
    def assert_as_in_python(run: Run, model: Path, files: list[Path],
                            folder: Path) -> None:
        estimator = PoseEstimator(model)
        assert run(model, *files, '--out', folder / 'out').returncode == 0
        found = read(folder / 'out' / 'predictions.json')
        for file in files:
            people = [p for p in found if p['image_id'] == int(file.stem)]
            expected = estimator(cv2.imread(str(file)))
            assert_same_people(people, [p.to_coco() for p in expected])


JPEG_KINDS = dict(
    halved=dict(subsampling='4:2:0'), half_wide=dict(subsampling='4:2:2'),
    full=dict(subsampling='4:4:4'), progressive=dict(progressive=True))


class TestJpeg:
    """Pixels are those that OpenCV sees."""

    @pytest.fixture(autouse=True)
    def with_libjpeg(self, build_folder: Path) -> None:
        cache = (build_folder / 'CMakeCache.txt').read_text()
        if 'SASD_JPEG_LIBRARY:FILEPATH=/' not in cache:
            pytest.skip('needs the static libjpeg: apt-get install '
                        'libjpeg62-turbo-dev')

    @pytest.fixture
    def photograph(self) -> Image.Image:
        """Smooth colours and edges, of an odd size."""
        rng = np.random.default_rng(0)
        image = cv2.resize(rng.integers(0, 256, (9, 13, 3)).astype(np.uint8),
                           (117, 83), interpolation=cv2.INTER_CUBIC)
        return Image.fromarray(cv2.rectangle(image, (20, 20), (60, 50), 0, -1))

    def assert_same_pixels(self, build_folder: Path, file: Path,
                           expected: np.ndarray) -> None:
        height, width = expected.shape[:2]
        raw = subprocess.run(
            [build_folder / 'dump_input', file, str(width), str(height)],
            capture_output=True, check=True).stdout
        planes = np.frombuffer(raw, np.float32).reshape(3, height, width)
        np.testing.assert_array_equal(
            planes.transpose(1, 2, 0), expected[..., ::-1])

    @pytest.mark.parametrize('kind', JPEG_KINDS)
    @pytest.mark.parametrize('mode', ['RGB', 'L'])
    def test_kinds(self, build_folder: Path, photograph: Image.Image, kind: str,
                   mode: str, tmp_path: Path) -> None:
        file = tmp_path / 'people_image.jpg'
        photograph.convert(mode).save(file, quality=80, **JPEG_KINDS[kind])
        self.assert_same_pixels(build_folder, file, cv2.imread(str(file)))

    def test_four_inks(self, build_folder: Path, photograph: Image.Image,
                       tmp_path: Path) -> None:
        file = tmp_path / 'people_image.jpg'
        photograph.convert('CMYK').save(file)
        done = subprocess.run([build_folder / 'dump_input', file, '117', '83'],
                              capture_output=True, check=False)
        assert done.returncode == 0 and len(done.stdout) == 3 * 83 * 117 * 4

    def test_a_torn_file(self, build_folder: Path, photograph: Image.Image,
                         tmp_path: Path) -> None:
        file = tmp_path / 'people_image.jpg'
        photograph.save(file)
        file.write_bytes(file.read_bytes()[:1500])
        done = subprocess.run([build_folder / 'dump_input', file, '117', '83'],
                              capture_output=True, check=False)
        assert done.returncode != 0 and not done.stdout
        assert b'not a whole JPEG' in done.stderr


class TestImages:

    @pytest.mark.parametrize('size', [(192, 192), (320, 192), (512, 512)])
    def test_input_equals_the_pipelines(self, build_folder: Path,
                                        size: tuple[int, int],
                                        tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        resize = PoseResize(size)
        for shape in ((240, 320), (333, 517), (1, 1000), (700, 1), (3, 10000),
                      (size[1], size[0])):
            image = rng.integers(0, 256, (*shape, 3)).astype(np.uint8)
            file = write(tmp_path / 'noise.png', image)
            raw = subprocess.run(
                [build_folder / 'dump_input', file, *map(str, size)],
                capture_output=True, check=True).stdout
            planes = np.frombuffer(raw, np.float32).reshape(3, size[1], size[0])
            expected = resize(dict(img=image, ori_shape=shape))['img'][..., ::-1]
            np.testing.assert_array_equal(planes.transpose(1, 2, 0), expected)

    def test_unusual_kinds(self, run: Run, model: Path, people_image: np.ndarray,
                           tmp_path: Path) -> None:
        grey = cv2.cvtColor(people_image, cv2.COLOR_BGR2GRAY)
        alpha = np.dstack([people_image, grey])
        narrow, wide = people_image[:, :1], np.tile(people_image[:4], (1, 30, 1))
        deep = people_image.astype(np.uint16) * 257
        kinds = dict(grey=grey, alpha=alpha, narrow=narrow, wide=wide, deep=deep)
        files = [write(tmp_path / f'{name}.png', image)
                 for name, image in kinds.items()]
        files.append(write(tmp_path / 'plain.ppm', people_image))
        done = run(model, *files, '--out', tmp_path / 'out')
        assert done.returncode == 0, done.stderr
        images = read(tmp_path / 'out' / 'images.json')
        found = read(tmp_path / 'out' / 'predictions.json')
        estimator = PoseEstimator(model)
        for info, image in zip(images, [*kinds.values(), people_image], strict=True):
            assert (info['height'], info['width']) == image.shape[:2]
            people = [p for p in found if p['image_id'] == info['id']]
            assert_same_people(people, [p.to_coco() for p in estimator(image)])
        assert {p.name for p in (tmp_path / 'out' / 'drawn').iterdir()} == {
            *(f'{name}.png' for name in kinds), 'plain.ppm.png'}

    @pytest.mark.parametrize('orientation', range(1, 9))
    def test_exif_orientation(self, build_folder: Path, orientation: int,
                              tmp_path: Path) -> None:
        image = Image.fromarray(
            np.linspace(0, 255, 24 * 40).astype(np.uint8).reshape(24, 40))
        exif = Image.Exif()
        exif[EXIF_ORIENTATION] = orientation
        file = tmp_path / 'turned.jpg'
        image.convert('RGB').save(file, exif=exif, quality=95)
        upright = cv2.imread(str(file))
        height, width = upright.shape[:2]
        raw = subprocess.run(
            [build_folder / 'dump_input', file, str(width), str(height)],
            capture_output=True, check=True).stdout
        planes = np.frombuffer(raw, np.float32).reshape(3, height, width)
        np.testing.assert_allclose(
            planes.transpose(1, 2, 0), upright[..., ::-1], atol=4)

    def test_one_that_cannot_be_read_keeps_no_other_back(
            self, run: Run, model: Path, people_image: np.ndarray,
            tmp_path: Path) -> None:
        good = [write(tmp_path / f'{name}.png', people_image) for name in (7, 9)]
        torn = tmp_path / '8.png'
        torn.write_bytes(good[0].read_bytes()[:500])
        done = run(model, good[0], torn, good[1], '--out', tmp_path / 'out')
        assert_refused(done, str(torn), 'not a whole')
        images = read(tmp_path / 'out' / 'images.json')
        assert [i['id'] for i in images] == [7, 8, 9]
        assert [('problem' in i) for i in images] == [False, True, False]
        assert {p['image_id'] for p in
                read(tmp_path / 'out' / 'predictions.json')} == {7, 9}


class TestBadInput:

    def test_missing_image(self, run: Run, model: Path, tmp_path: Path) -> None:
        assert_refused(run(model, tmp_path / 'none.jpg', '--out', tmp_path),
                       'none.jpg: no such image')

    def test_same_names(self, run: Run, model: Path, image_file: Path,
                        tmp_path: Path) -> None:
        copy = shutil.copy(image_file, tmp_path)
        assert_refused(run(model, image_file, copy, '--out', tmp_path / 'out'),
                       'the same name')

    def test_input_would_be_overwritten(self, run: Run, model: Path,
                                        people_image: np.ndarray,
                                        tmp_path: Path) -> None:
        (tmp_path / 'drawn').mkdir()
        file = write(tmp_path / 'drawn' / 'a.png', people_image)
        assert_refused(run(model, file, '--out', tmp_path), 'overwritten')
        np.testing.assert_array_equal(cv2.imread(str(file)), people_image)

    def test_two_runs_in_one_folder(
            self, run: Run, build_folder: Path, model: Path, image_file: Path,
            people_image: np.ndarray, tmp_path: Path) -> None:
        out = tmp_path / 'out'
        with PredictionWriter(out, ImageSource([image_file])) as writer:
            writer.add(PoseEstimator(model)(image_file))
            before = (out / 'predictions.json').read_bytes()
            assert_refused(run(model, image_file, '--out', out),
                           f'{out}: another run writes to it')
        assert (out / 'predictions.json').read_bytes() == before
        files = [write(tmp_path / f'{n}.png', people_image) for n in range(50)]
        with subprocess.Popen([build_folder / 'sasd_pose', model, *files,
                               '--out', tmp_path / 'more']) as process:
            try:
                while not (tmp_path / 'more' / 'drawn' / '0.png').exists():
                    assert process.poll() is None
                process.send_signal(signal.SIGSTOP)
                with pytest.raises(InputError, match='another run writes to it'):
                    PredictionWriter(tmp_path / 'more', ImageSource([image_file]))
            finally:
                process.send_signal(signal.SIGCONT)
        assert process.returncode == 0
        assert len(read(tmp_path / 'more' / 'images.json')) == 50

    @pytest.mark.parametrize('name', ['a' * 300, 'b' * 5000])
    def test_out_is_too_long(self, run: Run, model: Path, image_file: Path,
                             tmp_path: Path, name: str) -> None:
        assert_refused(run(model, image_file, '--out', tmp_path / name),
                       'File name too long', 'name another folder with --out')

    def test_names_with_line_breaks(self, run: Run, model: Path,
                                    tmp_path: Path) -> None:
        assert_refused(run(model, tmp_path / 'a\nb.jpg', '--out', tmp_path),
                       r'a\nb.jpg: no such image')
        assert_refused(run(tmp_path / 'no\nmodel', tmp_path / 'a.jpg', '--out',
                           tmp_path), r'no\nmodel')

    def test_out_is_a_file(self, run: Run, model: Path,
                           image_file: Path) -> None:
        assert_refused(run(model, image_file, '--out', image_file), '--out')

    @pytest.mark.parametrize(
        'name', ['deploy.json', 'end2end.param', 'end2end.bin'])
    def test_missing_file(self, run: Run, broken: Path, image_file: Path,
                          tmp_path: Path, name: str) -> None:
        (broken / name).unlink()
        assert_refused(run(broken, image_file, '--out', tmp_path / 'out'),
                       name, 'no such file')
        assert not (tmp_path / 'out').exists()

    def test_damaged_files(self, run: Run, broken: Path, image_file: Path,
                           tmp_path: Path) -> None:
        weights = (broken / 'end2end.bin').read_bytes()
        for content in weights[:1000], weights + b'more':
            (broken / 'end2end.bin').write_bytes(content)
            assert_refused(run(broken, image_file, '--out', tmp_path / 'out'),
                           'end2end.bin: does not hold the weights')
        (broken / 'end2end.param').write_text('no net')
        assert_refused(run(broken, image_file, '--out', tmp_path / 'out'),
                       'end2end.param: not a net')

    @pytest.mark.parametrize('change, part', [
        (lambda d: d['outputs'].pop(), 'deploy.json describes 2'),
        (lambda d: d['keypoints'].pop(), 'output out0 has the shape'),
        (lambda d: d['outputs'][0]['anchors'].pop(), 'output out0 has the shape'),
        (lambda d: d['outputs'][2].update(stride=16), 'output out2 has the shape'),
        (lambda d: d['outputs'][0].update(name='map'), "no blob 'map'"),
        (lambda d: d['input'].update(name='people_image'), "no blob 'people_image'"),
    ])
    def test_description_of_another_net(self, run: Run, broken: Path,
                                        image_file: Path, tmp_path: Path,
                                        change: Callable, part: str) -> None:
        content = json.loads((broken / 'deploy.json').read_text())
        change(content)
        content['skeleton'] = []
        (broken / 'deploy.json').write_text(json.dumps(content))
        assert_refused(run(broken, image_file, '--out', tmp_path / 'out'),
                       'end2end.param', part)

    def test_wrong_size(self, run: Run, model: Path, image_file: Path,
                        tmp_path: Path) -> None:
        assert_refused(run(model, image_file, '--out', tmp_path, '--size', 256),
                       '--size 256x256', '192x192 only')

    def test_16_bits_of_a_net_of_32(self, run: Run, model: Path,
                                    image_file: Path, tmp_path: Path) -> None:
        assert_refused(
            run(model, image_file, '--out', tmp_path, '--fp16-arithmetic'),
            '--fp16-arithmetic', 'export it as fp16')

    def test_arguments(self, run: Run, model: Path, image_file: Path) -> None:
        assert_refused(run(), 'no model folder')
        assert_refused(run(model, image_file), '--out')
        assert_refused(run(model, image_file, '--bench', '--thread', 1), '--thread')


class TestBench:

    def test_says_how_fast_on_what(self, run: Run, model: Path, image_file: Path,
                                   tmp_path: Path) -> None:
        done = run(model, image_file, '--bench', 5, '--threads', 1, '--out',
                   tmp_path)
        assert done.returncode == 0, done.stderr
        report = json.loads((tmp_path / 'bench.json').read_text())
        system = report['system']
        assert {'device', 'cpu', 'cores', 'governor', 'isa_features', 'compiler',
                'compile_flags', 'ncnn', 'fp16_arithmetic'} <= set(system)
        assert system['threads'] == 1 and system['fp16_storage'] is False
        assert report['model'] == dict(
            name=SMALL, precision='fp32', width=192, height=192)
        assert report['runs'] == 5 and report['image']['people'] >= 3
        for times in report['milliseconds'].values():
            assert 0 < times['min'] <= times['median'] <= times['p95'] <= times['max']
        steps = report['milliseconds']
        assert list(steps) == ['preprocess', 'net', 'decode', 'whole']
        assert steps['whole']['min'] >= steps['net']['min']
        for word in (system['ncnn'], system['cpu'], 'median', 'governor'):
            assert word in done.stdout
