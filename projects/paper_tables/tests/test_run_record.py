"""Time of a training, from its logs."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from projects.paper_tables.run_record import machine, record_run, training_hours
from sasd_mmpose import InputError


def write_log(folder: Path, steps: list[int], seconds: float) -> None:
    """Write what MMEngine logs of some steps that took so long each."""
    log = folder / 'vis_data' / 'scalars.json'
    log.parent.mkdir(parents=True)
    entries = [dict(loss=1.0, time=seconds, step=step) for step in steps]
    entries.append({'coco/AP': 0.1, 'step': 1})
    log.write_text('\n'.join(json.dumps(entry) for entry in entries))


def test_time_of_a_run_that_was_resumed(tmp_path: Path):
    write_log(tmp_path / 'a', [50, 100, 150], 0.5)
    write_log(tmp_path / 'b', [200, 250], 2.0)
    assert training_hours(tmp_path) == pytest.approx(
        (150 * 0.5 + 100 * 2.0) / 3600)


def test_what_came_after_the_checkpoint_does_not_count(tmp_path: Path):
    write_log(tmp_path / 'a', [50, 100, 150], 0.5)
    assert training_hours(tmp_path, 100) == pytest.approx(100 * 0.5 / 3600)


def test_machine_is_named():
    assert 'cores' in machine() or 'NVIDIA' in machine()


def test_folder_without_a_training(tmp_path: Path):
    with pytest.raises(InputError, match='not the work directory'):
        record_run(tmp_path, tmp_path / 'x.pth', tmp_path / 'out', 'a', 'b')


def test_averaged_folder_without_a_training(tmp_path: Path):
    training, other = tmp_path / 'training', tmp_path / 'other'
    (training / '1').mkdir(parents=True)
    (training / '1' / '1.log').touch()
    (training / 'config.py').touch()
    with pytest.raises(InputError, match='other: not the work directory'):
        record_run(training, tmp_path / 'x.pth', tmp_path / 'out', 'a', 'b',
                   [other])
