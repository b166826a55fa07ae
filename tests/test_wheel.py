"""What `pip install '.[runtime]'` brings is enough to find people, and no more."""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
# What the wheel is built of.
PARTS = ('setup.py', 'pyproject.toml', 'MANIFEST.in', 'README.md', 'LICENSE',
         'model-index.yml', 'requirements', 'configs', 'weights', 'sasd_mmpose')
LARGEST = 16 * 2**20  # bytes


def run(command: Sequence[object], folder: Path) -> subprocess.CompletedProcess:
    """Run a command that does not see this environment."""
    clean = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
    return subprocess.run(list(map(str, command)), cwd=folder, env=clean, text=True,
                          capture_output=True, check=False)


@pytest.fixture(scope='module')
def wheel(tmp_path_factory) -> Path:
    """Build the wheel of a copy of the project."""
    folder = tmp_path_factory.mktemp('wheel')
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / 'source' / name,
                            ignore=shutil.ignore_patterns('__pycache__'))
        else:
            (folder / 'source').mkdir(exist_ok=True)
            shutil.copy(source, folder / 'source')
    done = run([sys.executable, '-m', 'pip', 'wheel', '--no-deps',
                '--no-build-isolation', '-w', folder, folder / 'source'], folder)
    assert done.returncode == 0, done.stderr
    made, = folder.glob('*.whl')
    return made


@pytest.mark.slow
def test_contents(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert 'sasd_mmpose/py.typed' in names
    weights = [n for n in names if n.startswith('sasd_mmpose/.mim/weights/')]
    assert any(n.endswith('ncnn/end2end.bin') for n in weights)
    assert any(n.endswith('onnx/end2end.onnx') for n in weights)
    assert not any(n.startswith(('projects', 'tests', 'tools')) for n in names)
    assert wheel.stat().st_size < LARGEST


@pytest.fixture(scope='module')
def environment(wheel, tmp_path_factory) -> Path:
    """Install the wheel, with its runtime, into an empty environment."""
    folder = tmp_path_factory.mktemp('environment')
    venv.create(folder / 'env', with_pip=True)
    pip = [folder / 'env' / 'bin' / 'python', '-m', 'pip']
    if run([*pip, 'download', '-q', '--no-deps', '-d', folder, 'mdurl'],
           folder).returncode:
        pytest.skip('needs a package index')
    done = run([*pip, 'install', '-q', f'{wheel}[runtime]'], folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
def test_predict_in_an_empty_environment(environment):
    programs = environment / 'env' / 'bin'
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    cv2.imwrite(str(environment / 'a.png'), image)
    done = run([programs / 'sasd', 'predict', 'a.png', '--out', 'out'], environment)
    assert done.returncode == 0, done.stderr
    assert (environment / 'out' / 'drawn' / 'a.png').is_file()
    code = ('from sasd_mmpose import Person, PoseEstimator\n'
            'estimator = PoseEstimator()\n'
            'assert estimator.runtime.name == "ncnn"\n'
            'assert estimator("a.png").size == (60, 40)\n')
    done = run([programs / 'python', '-c', code], environment)
    assert done.returncode == 0, done.stderr
    done = run([programs / 'sasd', 'predict', 'none.png', '--out', 'out'], environment)
    assert done.returncode == 1
    assert done.stderr.startswith('error: none.png') and done.stderr.count('\n') == 1
    done = run([programs / 'python', '-m', 'pip', 'list', '--format=freeze'],
               environment)
    there = {line.partition('==')[0].lower() for line in done.stdout.splitlines()}
    assert 'ncnn' in there
    assert not there & {'torch', 'mmpose', 'mmengine', 'mmcv', 'onnxruntime', 'scipy',
                        'matplotlib'}
