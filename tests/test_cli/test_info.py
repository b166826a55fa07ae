"""The command that says what there is, and how large a net is."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_nets import CONFIGS
from tool_loader import sasd

from sasd_mmpose import InputError
from sasd_mmpose.inference.model_zoo import published_models

ROOT = Path(__file__).parents[2]


def info(*args: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', 'sasd_mmpose', 'info', *args],
        capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, 'PYTHONPATH': str(ROOT)})


@pytest.mark.slow
def test_json_is_one_object_and_nothing_else():
    done = info(
        str(CONFIGS / 'sasd_xs_coco.py'), '--size', '64', '--json')
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {'params', 'macs', 'size'}
    assert found['size'] == 64
    assert found['params'] == pytest.approx(1.6e6, rel=0.015)
    assert found['macs'] * 64 == pytest.approx(1.151e9, rel=0.015)


def test_a_bad_size_ends_with_one_line():
    with pytest.raises(InputError, match='^input size 1000.*1024') as error:
        sasd('info', CONFIGS / 'sasd_e_coco.py', '--size', '1000')
    assert '\n' not in str(error.value)


def test_published_models_and_their_folders(capsys):
    model = published_models()[0]
    assert sasd('info') == 0
    assert model.name in capsys.readouterr().out
    assert sasd('info', model.name) == 0
    said = capsys.readouterr().out
    assert 'ncnn' in said and '17 keypoints' in said
    with pytest.raises(InputError, match='neither a published model'):
        sasd('info', 'nothing')


def test_help_fits_a_screen_and_needs_no_torch():
    code = ('import sys\n'
            'from sasd_mmpose.cli.main import build_parser\n'
            'print(build_parser().format_help())\n'
            'assert not {"torch", "cv2", "mmengine"} & set(sys.modules)')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True,
                          text=True, env={**os.environ, 'COLUMNS': '80'})
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
