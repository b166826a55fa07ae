"""The page in the browser against the Python package.

Needs node; all but the unit tests also the npm packages and Chromium, which
``projects/web_demo/setup.sh --tests`` installs. What is not there is named, and the
test skipped.
"""
from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from projects.web_demo.tests import make_golden
from sasd_mmpose import PoseEstimator
from sasd_mmpose.inference.model_zoo import find_model

HERE = Path(__file__).parent
PROJECT = HERE.parent
EXAMPLE = PROJECT / 'src' / 'examples' / 'drawn_people.jpg'
LEAST_SCORE = 0.05  # that the page's slider can be set to
NUM_PHOTOGRAPHS = 8
VIDEO_SIZE = (640, 480)
EXIF_ORIENTATION = 0x0112


def need(*names: str) -> None:
    """Skip the test unless the machine has these parts."""
    there = {
        'node': shutil.which('node'),
        'chromium': chromium_path(),
        'onnxruntime-web': (PROJECT / 'node_modules' / 'onnxruntime-web').is_dir(),
        'playwright-core': (PROJECT / 'node_modules' / 'playwright-core').is_dir(),
    }
    missing = [name for name in names if not there[name]]
    if missing:
        pytest.skip(f'needs {", ".join(missing)}: run '
                    'projects/web_demo/setup.sh --tests')


def chromium_path() -> str | None:
    """Return the path of Chromium, where it is installed."""
    return shutil.which('chromium') or shutil.which('chromium-browser')


def run_node(*args: object, **env: str) -> subprocess.CompletedProcess:
    """Run node in the project's folder."""
    return subprocess.run(
        ['node', *map(str, args)], cwd=PROJECT, env={**os.environ, **env},
        capture_output=True, text=True, timeout=1500)


def assert_passes(*args: object, **env: str) -> None:
    """Run files of node's tests, with options of ``node --test`` before them."""
    done = run_node('--test', '--test-reporter', 'tap', *args, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '\n# pass 0\n' not in done.stdout


def test_unit_tests():
    need('node')
    assert_passes(*sorted((HERE / 'unit').glob('*.test.js')))


def test_golden_file_is_what_python_finds_today():
    stored = json.loads(make_golden.GOLDEN.read_text())
    today = json.loads(json.dumps(make_golden.make_golden()))
    for before, now in zip(stored['decoding'], today['decoding'], strict=True):
        assert [m['data'] for m in before['maps']] == [m['data'] for m in now['maps']]
        for old, new in zip(before['found'], now['found'], strict=True):
            assert old['thresholds'] == new['thresholds']
            assert len(old['people']) == len(new['people'])
            for a, b in zip(old['people'], new['people'], strict=True):
                assert a['box'] == pytest.approx(b['box'], abs=2e-3)
                assert a['score'] == pytest.approx(b['score'], abs=1e-5)
                assert a['keypoints'] == pytest.approx(b['keypoints'], abs=1e-3)
    for before, now in zip(stored['letterbox'], today['letterbox'], strict=True):
        assert before['image'] == now['image']
        assert before['points_in_image'] == now['points_in_image']
        # One grey level: releases of OpenCV round in different ways.
        difference = np.int16(grey_values(before)) - grey_values(now)
        assert np.abs(difference).max() <= 1


def grey_values(case: dict) -> np.ndarray:
    """The grey values of a stored input, flat."""
    return np.frombuffer(base64.b64decode(case['grey']), np.uint8).astype(np.int16)


# ---- the built page


@pytest.fixture(scope='module')
def published_model() -> Path:
    """The folder of the published net for ONNX Runtime."""
    model = find_model(None)
    assert model is not None
    return model.folder / 'onnx'


@pytest.fixture(scope='module')
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, built of the published net."""
    need('node', 'onnxruntime-web')
    folder = tmp_path_factory.mktemp('web') / 'dist'
    done = run_node('build.js', '--out', folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_build_holds_everything(dist: Path, published_model: Path):
    manifest = json.loads((dist / 'manifest.json').read_text())
    net = dist / manifest['model']['folder'] / 'end2end.onnx'
    assert net.read_bytes() == (published_model / 'end2end.onnx').read_bytes()
    assert manifest['model']['bytes'] == net.stat().st_size
    for runtime in manifest['runtimes'].values():
        for key in ('module', 'loader', 'binary'):
            assert (dist / runtime[key]).stat().st_size > 0
    for name in ('sasd_mmpose', 'onnxruntime', 'onnxruntime_third_party'):
        assert 'opyright' in (dist / 'licenses' / f'{name}.txt').read_text()


def test_build_takes_another_model(published_model: Path, tmp_path: Path):
    need('node', 'onnxruntime-web')
    model = tmp_path / 'model'
    shutil.copytree(published_model, model)
    description = json.loads((model / 'deploy.json').read_text())
    (model / 'deploy.json').write_text(json.dumps({**description, 'name': 'mine'}))
    done = run_node('build.js', '--model', model, '--out', tmp_path / 'dist')
    assert done.returncode == 0, done.stderr
    built = json.loads((tmp_path / 'dist' / 'model' / 'deploy.json').read_text())
    assert built['name'] == 'mine'


@pytest.mark.parametrize(('spoil', 'message'), [
    (lambda model: (model / 'end2end.onnx').unlink(), 'lacks end2end.onnx'),
    (lambda model: (model / 'deploy.json').unlink(), 'deploy.json: not there'),
    (lambda model: (model / 'deploy.json').write_text('{'), 'not json'),
    (lambda model: (model / 'deploy.json').write_text('{}'), '"format" is not'),
])
def test_build_names_what_is_wrong(published_model: Path, tmp_path: Path,
                                   spoil, message: str):
    need('node', 'onnxruntime-web')
    model = tmp_path / 'model'
    shutil.copytree(published_model, model)
    spoil(model)
    done = run_node('build.js', '--model', model, '--out', tmp_path / 'dist')
    assert done.returncode == 1
    assert done.stderr.startswith('error: ') and message in done.stderr
    assert done.stderr.count('\n') == 1


def test_build_keeps_what_is_no_page(tmp_path: Path):
    need('node', 'onnxruntime-web')
    (tmp_path / 'thesis.txt').write_text('years of work')
    done = run_node('build.js', '--out', tmp_path)
    assert done.returncode == 1
    assert 'name an empty folder' in done.stderr
    assert (tmp_path / 'thesis.txt').exists()


def test_serve_names_what_is_missing(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, PROJECT / 'serve.py', '--folder', tmp_path],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == f'error: {tmp_path}: no built page; run make web\n'


# ---- in Chromium


def find_people(estimator: PoseEstimator, image: np.ndarray) -> dict:
    """What Python finds, and a threshold that no score comes near.

    Args:
        estimator (PoseEstimator): The net, with ``LEAST_SCORE``.
        image (np.ndarray): (H, W, 3), BGR, uint8.

    Returns:
        dict: ``size`` (width, height), ``threshold``, and ``people`` above it
        as COCO's results.
    """
    people = estimator.predict(image)
    scores = np.array([person.score for person in people] + [0])
    candidates = np.arange(15, 46) / 100
    distance = np.abs(candidates[:, None] - scores).min(axis=1)
    threshold = float(candidates[distance.argmax()])
    return dict(
        size=[image.shape[1], image.shape[0]], threshold=threshold,
        people=[p.to_coco() for p in people if p.score > threshold])


def write_video(path: Path, image: np.ndarray) -> np.ndarray:
    """Write a raw video of one frame, which Chromium's camera repeats.

    Args:
        path (Path): The .y4m file.
        image (np.ndarray): (H, W, 3), BGR, uint8.

    Returns:
        np.ndarray: The frame as the video holds it: colours at half the
        resolution.
    """
    height, width = image.shape[:2]
    frame = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
    header = f'YUV4MPEG2 W{width} H{height} F30:1 Ip A1:1 C420\n'
    path.write_bytes(header.encode() + 2 * (b'FRAME\n' + frame.tobytes()))
    return cv2.cvtColor(frame, cv2.COLOR_YUV2BGR_I420)


def write_turned(path: Path, image: np.ndarray) -> None:
    """Write a JPEG that lies on its side, and says so in its EXIF data."""
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6  # to be turned clockwise
    lying = cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE)
    Image.fromarray(lying[..., ::-1]).save(path, quality=90, exif=exif)


def write_cases(folder: Path, dist: Path, model: Path,
                video: np.ndarray | None = None) -> None:
    """Write cases.json: what Python finds in the images of a folder.

    Args:
        folder (Path): The images; and ``camera.y4m`` where there is a video.
        dist (Path): The built page.
        model (Path): Its net.
        video (np.ndarray | None): (H, W, 3), BGR, uint8: frame of the video.
    """
    estimator = PoseEstimator(model, runtime='onnxruntime', score_thr=LEAST_SCORE)
    cases = dict(
        dist=str(dist), server=str(PROJECT / 'serve.py'), python=sys.executable,
        chromium=chromium_path(), images=[
            dict(file=path.name, **find_people(estimator, cv2.imread(str(path))))
            for path in sorted(folder.glob('*.[jp][pn]g'))])
    assert sum(len(image['people']) for image in cases['images']) >= 8
    if video is not None:
        cases['video'] = dict(file='camera.y4m', **find_people(estimator, video))
        assert cases['video']['people']
    (folder / 'cases.json').write_text(json.dumps(cases))


@pytest.fixture(scope='module')
def drawn_cases(dist: Path, published_model: Path,
                tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of cases with drawn people, and a camera's video of them."""
    need('node', 'playwright-core', 'chromium')
    folder = tmp_path_factory.mktemp('drawn')
    example = cv2.imread(str(EXAMPLE))
    shutil.copy(EXAMPLE, folder)
    cv2.imwrite(str(folder / 'example.png'), example)
    # A tall one, of which much is padding, and one that is made smaller.
    cv2.imwrite(str(folder / 'tall.png'), example[:, 100:400])
    cv2.imwrite(str(folder / 'large.png'), cv2.resize(example, None, fx=2.5, fy=2.5))
    write_turned(folder / 'turned.jpg', example)
    frame = write_video(
        folder / 'camera.y4m',
        cv2.resize(example, VIDEO_SIZE, interpolation=cv2.INTER_AREA))
    write_cases(folder, dist, published_model, frame)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize('name', ['images', 'camera', 'controls'])
def test_in_the_browser(drawn_cases: Path, name: str):
    assert_passes(HERE / 'browser' / f'{name}.test.js',
                  WEB_DEMO_CASES=str(drawn_cases))


@pytest.mark.slow
@pytest.mark.skipif(
    'SASD_TEST_WEBGPU' not in os.environ,
    reason='needs SASD_TEST_WEBGPU=1: a GPU in software takes a core for minutes')
def test_webgpu_in_the_browser(drawn_cases: Path):
    assert_passes(HERE / 'browser' / 'webgpu.test.js',
                  WEB_DEMO_CASES=str(drawn_cases))


@pytest.mark.slow
def test_photographs_in_the_browser(coco_mini: Path, dist: Path,
                                    published_model: Path, tmp_path: Path):
    need('node', 'playwright-core', 'chromium')
    for path in sorted(coco_mini.glob('images/*.jpg'))[:NUM_PHOTOGRAPHS]:
        shutil.copy(path, tmp_path)
    write_cases(tmp_path, dist, published_model)
    assert_passes('--test-name-pattern', 'same people',
                  HERE / 'browser' / 'images.test.js', WEB_DEMO_CASES=str(tmp_path))
