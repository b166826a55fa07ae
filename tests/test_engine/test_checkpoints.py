"""Averages of checkpoints, against sums written out one by one."""
from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sasd_mmpose import InputError
from sasd_mmpose.engine.checkpoints import average_checkpoints, read_checkpoint


def save(path: Path, weight: list[float], count: int, seed: int) -> Path:
    state_dict = dict(weight=torch.tensor(weight), count=torch.tensor(count))
    torch.save(dict(meta=dict(seed=seed, epoch=3), optimizer=dict(),
                    state_dict=state_dict), path)
    return path


def test_mean_of_three(tmp_path: Path):
    sources = [save(tmp_path / 'a.pth', [1.0, -2.0], 7, 0),
               save(tmp_path / 'b.pth', [2.0, 4.0], 9, 5),
               save(tmp_path / 'c.pth', [6.0, 7.0], 9, 2)]
    average_checkpoints(sources, tmp_path / 'new' / 'mean.pth')
    mean = read_checkpoint(tmp_path / 'new' / 'mean.pth')
    assert mean['state_dict']['weight'].tolist() == [3.0, 3.0]
    assert mean['state_dict']['weight'].dtype == torch.float32
    assert mean['state_dict']['count'].item() == 7
    assert mean['meta'] == dict(seed=[0, 5, 2], epoch=3)


def test_one_is_no_average(tmp_path: Path):
    source = save(tmp_path / 'a.pth', [1.0], 1, 0)
    with pytest.raises(InputError, match='two checkpoints or more'):
        average_checkpoints([source], tmp_path / 'mean.pth')


def test_another_net_is_named(tmp_path: Path):
    sources = [save(tmp_path / 'a.pth', [1.0, 2.0], 1, 0),
               save(tmp_path / 'b.pth', [1.0], 1, 0)]
    with pytest.raises(InputError, match=r'b\.pth: not of the same net as .*'
                       r'a\.pth: 1 weights .* weight among them'):
        average_checkpoints(sources, tmp_path / 'mean.pth')
    assert not (tmp_path / 'mean.pth').exists()
