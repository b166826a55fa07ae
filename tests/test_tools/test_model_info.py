"""The command that prints the size of a net."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_nets import CONFIGS

ROOT = Path(__file__).parents[2]


def model_info(*args: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, '-W', 'ignore', str(ROOT / 'tools/model_info.py'),
         *args],
        capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, 'PYTHONPATH': str(ROOT)})


@pytest.mark.slow
def test_json_is_one_object_and_nothing_else():
    done = model_info(
        str(CONFIGS / 'sasd_xs_coco.py'), '--size', '64', '--json')
    assert done.returncode == 0, done.stderr
    info = json.loads(done.stdout)
    assert set(info) == {'params', 'macs', 'size'}
    assert info['size'] == 64
    assert info['params'] == pytest.approx(1.6e6, rel=0.015)
    assert info['macs'] * 64 == pytest.approx(1.151e9, rel=0.015)


@pytest.mark.slow
def test_a_bad_size_ends_with_one_line():
    done = model_info(str(CONFIGS / 'sasd_e_coco.py'), '--size', '1000')
    assert done.returncode == 1
    line, = done.stderr.splitlines()
    assert line.startswith('error: input size 1000') and '1024' in line
