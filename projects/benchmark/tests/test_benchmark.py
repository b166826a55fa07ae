"""projects/benchmark, from its arguments to its file; the tables made of it."""
from __future__ import annotations

import json
from pathlib import Path

import pytest
from tool_loader import command

from projects.benchmark import tables
from projects.benchmark.plot import plot_benchmark
from sasd_mmpose import InputError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def benchmark(monkeypatch):
    """The command."""
    return command('projects.benchmark.__main__', monkeypatch)


@pytest.mark.parametrize('option', ['--models', '--backends'])
def test_unknown_names_are_refused(benchmark, option):
    with pytest.raises(InputError, match='tensorflow.*not known; take some of'):
        benchmark(option, 'tensorflow')


@pytest.mark.parametrize('option', ['--threads', '--runs', '--num-images'])
def test_numbers_are_positive(benchmark, option):
    with pytest.raises(InputError, match=f'{option} 0: must be at least 1'):
        benchmark(option, 0)


def test_a_file_that_cannot_be_written_is_named_before_the_race(
        benchmark, tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(InputError, match='cannot be written'):
        benchmark('--out', tmp_path / 'file' / 'benchmark.json')


@pytest.mark.slow
def test_one_model_on_torch(benchmark, tmp_path, capsys):
    out = tmp_path / 'results' / 'benchmark.json'
    benchmark('--models', 'sasd_xs', '--backends', 'torch', '--runs', 1,
              '--num-images', 1, '--out', out, '--cache', tmp_path)
    result = json.loads(out.read_text())
    assert list(result['models']) == ['sasd_xs']
    model = result['models']['sasd_xs']
    assert model['params'] == pytest.approx(1.6e6, rel=0.015)
    assert model['macs'] == pytest.approx(1.151e9, rel=0.015)
    assert model['people_found'] == pytest.approx(
        result['images']['people'], abs=2)
    assert {ratio['to'] for ratio in result['ratios']} == {'sasd_xs.net'}
    assert 'sasd_xs.whole / sasd_xs.net' in capsys.readouterr().out

    # Every table and the figure can be made of so little.
    assert '1.60 M' in tables.overview_table(result)
    assert '44.1 ᵖ' in tables.overview_table(result)
    assert 'sasd_xs' in tables.stage_table(result, 'torch')
    assert 'sasd_xs' not in tables.stage_table(result, 'ncnn')
    assert '1.1' in tables.ratio_table(result, 'torch')
    assert tables.failure_table(result).count('\n') == 1
    plot_benchmark(result, tmp_path / 'plot.png', ['torch'])
    assert (tmp_path / 'plot.png').stat().st_size > 5000


def test_tables_mark_what_is_quoted_and_what_failed():
    recorded = json.loads((ROOT / 'results/benchmark.json').read_text())
    model = recorded['models']['sasd_xs']
    model['quoted_ap']['value'] = 12.3
    model['runtimes']['ncnn'] = dict(failed='RuntimeError: a | b')
    shown = tables.overview_table(recorded)
    assert '12.3 ᵖ' in shown and tables.NOT_TIMED in shown
    assert 'sasd_xs, ncnn | RuntimeError: a / b' in tables.failure_table(recorded)
