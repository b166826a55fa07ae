"""Training under SIGKILL and on a full disk: it goes on as if nothing had been."""
from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from mmengine.fileio import LocalBackend
from mmengine.hooks import Hook
from mmengine.runner import Runner
from small_nets import training_cfg

import sasd_mmpose.registration  # noqa: F401
from sasd_mmpose.engine.hooks.resume_guard_hook import is_whole

from .children import KILLED, die, run, small_disk

pytestmark = [pytest.mark.faults, pytest.mark.slow]
EPOCHS = 3
ITERATIONS = 2 * EPOCHS
STEP_TRIALS = 4
WRITE_TRIALS = 4


class DieAtStep(Hook):
    """Ends the process before an iteration."""

    priority = 'VERY_HIGH'

    def __init__(self, step: int) -> None:
        self.step = step

    def before_train_iter(self, runner: Runner, batch_idx: int,
                          data_batch: object = None) -> None:
        if runner.iter == self.step:
            die()


def die_while_writing(number: int, share: float) -> None:
    """End the process within a checkpoint: when so much of it is written."""
    written = []

    def put(self: LocalBackend, content: bytes, path: str) -> None:
        written.append(path)
        with open(path, 'wb') as file:
            if len(written) < number:
                file.write(content)
                return
            file.write(content[:int(share * len(content))])
            file.flush()
            die()

    LocalBackend.put = put


def train(work_dir: Path, step: int | None = None,
          write: tuple[int, float] | None = None) -> None:
    """Train, or go on with it; die before a step or within a checkpoint."""
    torch.set_num_threads(1)
    cfg = training_cfg(work_dir, EPOCHS)
    cfg.resume = True
    runner = Runner.from_cfg(cfg)
    if step is not None:
        runner.register_hook(DieAtStep(step))
    if write is not None:
        die_while_writing(*write)
    runner.train()


def weights(work_dir: Path) -> dict:
    return torch.load(work_dir / f'epoch_{EPOCHS}.pth',
                      weights_only=True)['state_dict']


def same_weights(found: dict, wanted: dict) -> bool:
    return found.keys() == wanted.keys() and all(
        torch.equal(found[name], value) for name, value in wanted.items())


@pytest.fixture(scope='module')
def unbroken(tmp_path_factory) -> dict:
    work_dir = tmp_path_factory.mktemp('unbroken')
    assert run(train, work_dir) == 0
    return weights(work_dir)


def complete(work_dir: Path) -> set[str]:
    """Name the checkpoints that are whole."""
    return {path.name for path in work_dir.glob('*.pth') if is_whole(path)}


@pytest.mark.parametrize('trial', range(STEP_TRIALS))
def test_killed_at_a_step(unbroken, tmp_path, outcomes, trial):
    step = random.Random(trial).randrange(ITERATIONS)
    assert run(train, tmp_path, step) == KILLED
    # An epoch has two iterations, and each writes a checkpoint.
    assert complete(tmp_path) == {f'epoch_{n}.pth' for n in range(1, step // 2 + 1)}
    assert run(train, tmp_path) == 0
    assert same_weights(weights(tmp_path), unbroken)
    outcomes('training: SIGKILL at a random step', 'resumed to the same weights')


@pytest.mark.parametrize('trial', range(WRITE_TRIALS))
def test_killed_while_a_checkpoint_is_written(unbroken, tmp_path, outcomes, trial):
    chance = random.Random(100 + trial)
    number, share = chance.randint(1, EPOCHS), chance.random()
    assert run(train, tmp_path, None, (number, share)) == KILLED
    assert complete(tmp_path) == {f'epoch_{n}.pth' for n in range(1, number)}
    assert (tmp_path / f'epoch_{number}.pth').exists()
    assert run(train, tmp_path) == 0
    assert same_weights(weights(tmp_path), unbroken)
    outcomes('training: SIGKILL while a checkpoint is written',
             'resumed to the same weights')


def test_a_disk_that_fills_up(unbroken, tmp_path, outcomes):
    """One checkpoint finds room, the next one does not."""
    with small_disk(tmp_path / 'disk', '1g') as resize:
        work_dir = tmp_path / 'disk' / 'run'
        assert run(train, work_dir, 2) == KILLED
        size = (work_dir / 'epoch_1.pth').stat().st_size
        resize(f'{int(1.5 * size) // 1024 + 512}k')
        assert run(train, work_dir) == 1
        assert complete(work_dir) == {'epoch_1.pth'}
        resize('1g')
        assert run(train, work_dir) == 0
        assert same_weights(weights(work_dir), unbroken)
    outcomes('training: the disk fills up', 'resumed to the same weights')
