"""The command that runs the paper's tables."""
from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tool_loader import command, load_tool

from projects import paper_tables as experiments
from sasd_mmpose import InputError


@pytest.fixture
def root(tmp_path) -> Path:
    """A folder without results."""
    return tmp_path


@pytest.fixture
def asked(monkeypatch) -> list:
    """What would be run."""
    calls = []

    class Runner:
        complete = True

        def __init__(self, *args, **kwargs) -> None:
            calls.append((args, kwargs))

        def run(self, *args) -> bool:
            calls.append(args)
            return Runner.complete

    monkeypatch.setattr(experiments, 'SuiteRunner', Runner)
    calls.append(Runner)
    return calls


def test_run(monkeypatch, root, asked, capsys):
    run = command('projects.paper_tables.__main__', monkeypatch)
    assert run('--root', root, 'run', 'table4', '--rows', 'oks',
               '--seeds', 3, 4, '--budget-minutes', 2.5, '--form', 'full',
               '--cfg-options', 'a.b=1', 'c=[1,2]') == 0
    runner, ((suite, form, _), options), (rows, seeds, minutes) = asked
    assert (suite.name, form) == ('table4', 'full')
    assert options == dict(changes={'a.b': 1, 'c': [1, 2]})
    assert [row.name for row in rows] == ['oks']
    assert (seeds, minutes) == ([3, 4], 2.5)
    assert 'projects.paper_tables table table4 --form full' in capsys.readouterr().out
    runner.complete = False
    assert run('--root', root, 'run', 'table4') == 3
    assert 'call again' in capsys.readouterr().out


def test_all_rows_and_two_seeds_by_default(monkeypatch, root, asked):
    run = command('projects.paper_tables.__main__', monkeypatch)
    run('--root', root, 'run', 'table3')
    rows, seeds, minutes = asked[-1]
    assert len(rows) == 7 and seeds == [0, 1] and minutes is None


def test_table(monkeypatch, root, capsys):
    table = command('projects.paper_tables.__main__', monkeypatch)
    with pytest.raises(InputError, match='no results yet; first run'):
        table('--root', root, 'table', 'table5')
    suite = experiments.read_suites(root)['table5']
    path = suite.result_path('baseline', 'mini', 0)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(dict(
        row='baseline', seed=0, epochs=4, trained_on='a', evaluated_on='b',
        flip_test=True, batch_size=2, training_hours=0.5, machine='m',
        metrics={'AP': 0.1234, 'AP .5': 0.2, 'person OKS': 0.3},
        curves=dict(scores={'coco/AP': [[4, 0.1234]]}))))
    assert table('--root', root, 'table', 'table5') == 0
    assert '| 12.34 |' in capsys.readouterr().out
    assert (path.parent / 'plot.png').is_file()


def test_bad_input(monkeypatch, root, asked):
    run = command('projects.paper_tables.__main__', monkeypatch)
    with pytest.raises(InputError, match='table9: no such suite; there are'):
        run('--root', root, 'run', 'table9')
    with pytest.raises(InputError, match='sasd: no row of table4'):
        run('--root', root, 'run', 'table4', '--rows', 'sasd')
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    with pytest.raises(InputError, match='--device cuda: there is no such GPU'):
        run('--root', root, 'run', 'table4', '--device', 'cuda')


@pytest.mark.parametrize('device, visible', [
    ('cpu', ''), ('cuda:1', '1'), ('cuda', '7'), ('auto', '7')])
def test_device(monkeypatch, device, visible):
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '7')
    load_tool('projects.paper_tables.__main__').choose_device(device)
    assert os.environ['CUDA_VISIBLE_DEVICES'] == visible
