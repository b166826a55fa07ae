"""The forms of an export are timed by turns, and give the same maps."""
import json
import sys

import pytest

from projects.benchmark.net_tables import form_table
from projects.benchmark.tools import time_folded_shuffles
from projects.benchmark.tools.time_folded_shuffles import AS_TRAINED, RUNTIMES, STEPS


@pytest.mark.slow
def test_the_command(tmp_path, monkeypatch):
    out = tmp_path / 'result.json'
    monkeypatch.setattr(sys, 'argv', [
        'time_folded_shuffles', '--out', str(out), '--size', '64', '--rounds', '2',
        '--cache', str(tmp_path / 'nets')])
    time_folded_shuffles.main()
    result = json.loads(out.read_text())
    forms = [AS_TRAINED, *(f'folded, step {step}' for step in STEPS)]
    assert list(result['ncnn_bytes']) == forms
    assert sorted(result['ncnn_bytes'].values()) == list(result['ncnn_bytes'].values())
    assert result['nets'].keys() == RUNTIMES.keys()
    for nets in result['nets'].values():
        assert list(nets) == forms
        assert all(times['error'] < 1e-4 for times in nets.values())
        assert all(times['cpu_ms']['median'] > 0 for times in nets.values())
    assert len(form_table(result).splitlines()) == 2 + len(forms)
