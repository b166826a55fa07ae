"""Augmentations follow from seed, epoch and sample, and from nothing else."""
from __future__ import annotations

import random
from types import SimpleNamespace

import numpy as np
import pytest
from mmengine.dataset import BaseDataset, ConcatDataset, RepeatDataset
from torch.utils.data import DataLoader

from sasd_mmpose.engine.hooks import SampleSeedHook


def draw(results: dict) -> list:
    """A transform whose result is what it has drawn."""
    return [results['sample_idx'], np.random.rand(), random.random()]


class Samples(BaseDataset):
    """Four samples of nothing."""

    def __init__(self) -> None:
        super().__init__(pipeline=[draw], serialize_data=False)

    def load_data_list(self) -> list[dict]:
        return [{} for _ in range(4)]


def run(epochs: list[int], workers: int, seed: int = 0) -> list[list]:
    """All samples of some epochs, one list each."""
    loader = DataLoader(
        Samples(), batch_size=1, num_workers=workers, collate_fn=lambda x: x[0],
        persistent_workers=workers > 0)
    runner = SimpleNamespace(train_dataloader=loader, seed=seed, epoch=0)
    hook = SampleSeedHook()
    hook.before_train(runner)
    drawn = []
    for epoch in epochs:
        runner.epoch = epoch
        hook.before_train_epoch(runner)
        drawn.append(list(loader))
    return drawn


@pytest.mark.parametrize('workers', [0, 2])
def test_a_later_start_draws_the_same(workers):
    whole = run([0, 1, 2], 0)
    assert run([1, 2], workers) == whole[1:]
    numbers = [sample[1:] for epoch in whole for sample in epoch]
    assert len({tuple(n) for n in numbers}) == 12


def test_another_seed_draws_other_numbers():
    for one, other in zip(run([0], 0)[0], run([0], 0, seed=1)[0], strict=True):
        assert one[0] == other[0] and one[1] != other[1] and one[2] != other[2]


def test_concatenated_data_sets_draw_each_for_itself():
    dataset = ConcatDataset([Samples(), Samples()])
    runner = SimpleNamespace(
        train_dataloader=SimpleNamespace(dataset=dataset), seed=0, epoch=0)
    hook = SampleSeedHook()
    hook.before_train(runner)
    drawn = {}
    for epoch in 0, 1, 0:
        runner.epoch = epoch
        hook.before_train_epoch(runner)
        samples = [dataset[i] for i in reversed(range(8))]
        assert drawn.setdefault(epoch, samples) == samples
    assert len({tuple(s[1:]) for e in drawn.values() for s in e}) == 16


def test_other_wrapped_data_sets_are_left_alone():
    dataset = RepeatDataset(Samples(), 2)
    runner = SimpleNamespace(
        train_dataloader=SimpleNamespace(dataset=dataset), seed=0, epoch=0)
    hook = SampleSeedHook()
    hook.before_train(runner)
    hook.before_train_epoch(runner)
    assert dataset.dataset.pipeline.transforms == [draw]
