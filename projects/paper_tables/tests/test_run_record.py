"""Time of a training, and what is written down of its config."""
from __future__ import annotations

import json
from pathlib import Path

import pytest
from mmengine.config import Config

from projects.paper_tables.run_record import (
    in_repository,
    overrides,
    record_run,
    training_hours,
)
from projects.paper_tables.suites import BASES
from sasd_mmpose import InputError
from sasd_mmpose.environment import machine, versions


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


def test_versions_leave_out_what_is_not_installed():
    found = versions(('python', 'numpy', 'no-such-package'))
    assert list(found) == ['sasd_mmpose', 'python', 'numpy']


def test_what_was_changed_is_written_down():
    base = Config.fromfile(BASES['full'])
    assert overrides(base, base) == {}
    cfg = Config(base.to_dict())
    cfg.merge_from_dict({'train_dataloader.batch_size': 3,
                         'model.loss_distill.distance': 'l2'})
    cfg.pop('sync_bn')
    cfg.work_dir = 'somewhere'
    changed = overrides(cfg, base)
    assert changed.pop('train_dataloader.batch_size') == 3
    assert changed.pop('model.loss_distill.distance') == 'l2'
    assert changed == dict(sync_bn=None)
    # Given to the base, they make what ran.
    other = Config(base.to_dict())
    other.merge_from_dict(overrides(cfg, base))
    other.pop('sync_bn')
    assert overrides(cfg, other) == {}


def test_paths_are_those_of_the_repository(tmp_path: Path):
    assert in_repository(BASES['full']) == 'configs/sasd_xs_coco.py'
    assert in_repository(tmp_path / 'mine.py') == 'mine.py'


def test_folder_without_a_training(tmp_path: Path):
    with pytest.raises(InputError, match='not the work directory'):
        record_run(tmp_path, tmp_path / 'x.pth', tmp_path / 'out',
                   tmp_path / 'config.py', 'a', 'b')


def test_averaged_folder_without_a_training(tmp_path: Path):
    training, other = tmp_path / 'training', tmp_path / 'other'
    (training / '1').mkdir(parents=True)
    (training / '1' / '1.log').touch()
    (training / 'config.py').touch()
    with pytest.raises(InputError, match='other: not the work directory'):
        record_run(training, tmp_path / 'x.pth', tmp_path / 'out',
                   tmp_path / 'config.py', 'a', 'b',
                   [other])
