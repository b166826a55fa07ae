"""Trainings that go on where they were, or that say why they cannot."""
from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import Dataset

from sasd_mmpose import InputError
from sasd_mmpose.engine.hooks.resume_guard_hook import (
    is_whole,
    newest_whole_checkpoint,
)

IMAGES = 12


class Numbers(Dataset):
    """As many numbers as there are images."""

    def __init__(self, count: int = IMAGES) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict:
        return dict(inputs=torch.tensor([index + 1.]))


class Scale(BaseModel):
    """Its loss is its inputs times its only weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, inputs, mode):
        return dict(loss=(torch.stack(inputs) * self.weight).mean())


def make_runner(work_dir: Path, batch_size: int = 4, epochs: int = 6,
                images: int = IMAGES, **kwargs) -> Runner:
    return Runner(
        model=Scale(), work_dir=str(work_dir),
        experiment_name=f'resume_{uuid4()}',
        train_dataloader=dict(
            batch_size=batch_size, num_workers=0, dataset=Numbers(images),
            drop_last=True,
            sampler=dict(type='DefaultSampler', shuffle=False)),
        train_cfg=dict(type='PoseTrainLoop', max_epochs=epochs),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01, momentum=.9)),
        param_scheduler=dict(type='CosineAnnealingLR', T_max=epochs,
                             eta_min=1e-4, convert_to_iter_based=True),
        default_hooks=dict(
            checkpoint=dict(type='CheckpointHook', interval=1),
            resume_guard=dict(type='ResumeGuardHook')),
        default_scope='mmpose', **kwargs)


class Stop(Exception):  # noqa: N818
    """What ends a training early."""


def train(work_dir: Path, stop_after: int | None = None, **kwargs) -> Runner:
    """Train; leave the training after an epoch's checkpoint, as a crash."""
    work_dir.mkdir(exist_ok=True)
    runner = make_runner(work_dir, **kwargs)
    if stop_after is not None:

        class Stopping(Hook):
            priority = 'LOWEST'

            def after_train_epoch(self, runner: Runner) -> None:
                if runner.epoch + 1 == stop_after:
                    raise Stop

        runner.register_hook(Stopping())
        with pytest.raises(Stop):
            runner.train()
    else:
        runner.train()
    return runner


@pytest.fixture(scope='module')
def unbroken(tmp_path_factory) -> float:
    runner = train(tmp_path_factory.mktemp('unbroken') / 'run')
    # The rate of the last step is close to the lowest one, 1e-4.
    assert runner.optim_wrapper.get_lr()['lr'][0] < 2e-4
    return float(runner.model.weight)


def test_the_same_settings_go_on(tmp_path, unbroken):
    train(tmp_path / 'run', stop_after=4)
    resumed = train(tmp_path / 'run', resume=True)
    assert resumed.iter == 18
    assert float(resumed.model.weight) == unbroken


@pytest.mark.parametrize(('change', 'line'), [
    (dict(batch_size=2), '12 iterations were done in 4 epochs, and an epoch '
     'has 6 now'),
    (dict(images=20), 'an epoch has 5 now'),
    (dict(epochs=9), r'param_scheduler\[0\] has \w+=18, and 27 in this')])
def test_another_schedule_is_refused(tmp_path, change, line):
    train(tmp_path / 'run', stop_after=4)
    with pytest.raises(InputError, match=f'epoch_4.pth: .*{line}') as info:
        train(tmp_path / 'run', resume=True, **change)
    assert '\n' not in str(info.value) and 'load_from' in str(info.value)


def test_the_same_number_of_batches_is_the_same_schedule(tmp_path, unbroken):
    """Thirteen images in batches of four: the last one is left out."""
    train(tmp_path / 'run', stop_after=4)
    resumed = train(tmp_path / 'run', resume=True, images=IMAGES + 1)
    assert float(resumed.model.weight) == unbroken


def test_starting_from_weights_may_change_everything(tmp_path):
    train(tmp_path / 'run', stop_after=2)
    runner = train(tmp_path / 'other', batch_size=2, epochs=1,
                   load_from=str(tmp_path / 'run' / 'epoch_2.pth'))
    assert runner.iter == 6


# ------------------------------------------------------- broken checkpoints


def cut(path: Path, share: float) -> None:
    """Leave the first part of a file, as a full disk does."""
    path.write_bytes(path.read_bytes()[:int(share * path.stat().st_size)])


@pytest.mark.parametrize('share', [0, 0.3, 0.99])
def test_a_checkpoint_that_was_cut_off(tmp_path, unbroken, share):
    folder = tmp_path / 'run'
    train(folder, stop_after=4)
    cut(folder / 'epoch_4.pth', share)
    assert (folder / 'last_checkpoint').read_text().endswith('epoch_4.pth')
    resumed = train(folder, resume=True)
    assert resumed._load_from.endswith('epoch_3.pth')
    assert float(resumed.model.weight) == unbroken


@pytest.mark.parametrize('pointer', [None, '', 'nowhere/epoch_4.pth'])
def test_a_pointer_that_was_lost(tmp_path, unbroken, pointer):
    folder = tmp_path / 'run'
    train(folder, stop_after=4)
    (folder / 'last_checkpoint').unlink()
    if pointer is not None:
        (folder / 'last_checkpoint').write_text(pointer)
    resumed = train(folder, resume=True)
    assert resumed._load_from.endswith('epoch_4.pth')
    assert float(resumed.model.weight) == unbroken


def test_nothing_whole_is_left(tmp_path, unbroken):
    folder = tmp_path / 'run'
    train(folder, stop_after=2)
    for path in folder.glob('*.pth'):
        cut(path, 0.5)
    assert newest_whole_checkpoint(str(folder)) is None
    assert float(train(folder, resume=True).model.weight) == unbroken


def test_a_named_checkpoint_that_is_broken_or_missing(tmp_path):
    folder = tmp_path / 'run'
    train(folder, stop_after=2)
    cut(folder / 'epoch_2.pth', 0.5)
    for resume in (True, False):
        with pytest.raises(InputError, match='epoch_2.pth: cut off'):
            train(folder, resume=resume,
                  load_from=str(folder / 'epoch_2.pth'))
        with pytest.raises(InputError, match='epoch_9.pth: no such check'):
            train(folder, resume=resume,
                  load_from=str(folder / 'epoch_9.pth'))


def test_weights_alone_are_nothing_to_resume(tmp_path):
    weights = tmp_path / 'weights.pth'
    torch.save(dict(state_dict=Scale().state_dict()), weights)
    with pytest.raises(InputError, match='weights.pth: holds weights.*load_from'):
        train(tmp_path / 'run', load_from=str(weights), resume=True)
    train(tmp_path / 'run', load_from=str(weights))


def test_what_is_a_whole_checkpoint(tmp_path):
    path = tmp_path / 'a.pth'
    torch.save(dict(weight=torch.arange(1000.)), path)
    content = path.read_bytes()
    assert is_whole(path)
    middle = content.index(torch.arange(500., 510.).numpy().tobytes())
    path.write_bytes(content[:middle] + b'\1' + content[middle + 1:])
    assert not is_whole(path)
    path.write_bytes(bytes(len(content)))
    assert not is_whole(path)
    torch.save(dict(weight=torch.ones(3)), path,
               _use_new_zipfile_serialization=False)
    assert is_whole(path)


# ------------------------------------------------------------------- batches


def test_fewer_images_than_a_batch(tmp_path):
    with pytest.raises(InputError, match='12 images are fewer than a batch '
                       'of 64; lower batch_size'):
        train(tmp_path / 'run', batch_size=64)
