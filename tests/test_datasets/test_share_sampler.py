"""Each epoch holds a share of every data set, others every time."""
from __future__ import annotations

from collections import Counter

import pytest
from mmengine.dataset import BaseDataset, ConcatDataset

from sasd_mmpose import InputError
from sasd_mmpose.datasets import ShareSampler
from sasd_mmpose.datasets.samplers import share_sampler

SIZES = (10, 20, 40)
SHARES = (1.0, 0.5, 0.1)


class Samples(BaseDataset):
    """Some samples of nothing."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(serialize_data=False)

    def load_data_list(self) -> list[dict]:
        return [{} for _ in range(self.size)]


@pytest.fixture()
def dataset():
    return ConcatDataset([Samples(size) for size in SIZES])


def part(index: int) -> int:
    """Number of the data set that a sample of the whole belongs to."""
    return (index >= 10) + (index >= 30)


def test_each_epoch_holds_the_shares_and_no_sample_twice(dataset):
    sampler = ShareSampler(dataset, SHARES, seed=3)
    seen = set()
    for epoch in range(60):
        sampler.set_epoch(epoch)
        drawn = list(sampler)
        assert len(drawn) == len(set(drawn)) == len(sampler) == 24
        assert Counter(map(part, drawn)) == {0: 10, 1: 10, 2: 4}
        seen.update(drawn)
    assert seen == set(range(70))


def test_an_epoch_follows_from_seed_and_number(dataset):
    one, other, third = (
        ShareSampler(dataset, SHARES, seed=seed) for seed in (3, 3, 4))
    list(one)
    for sampler in one, other, third:
        sampler.set_epoch(5)
    assert list(one) == list(other) != list(third)
    other.set_epoch(6)
    assert list(one) != list(other)


def test_processes_divide_an_epoch(dataset, monkeypatch):
    whole = list(ShareSampler(dataset, SHARES, seed=3))
    parts = []
    for rank in range(5):
        monkeypatch.setattr(
            share_sampler, 'get_dist_info', lambda rank=rank: (rank, 5))
        sampler = ShareSampler(dataset, SHARES, seed=3)
        parts.append(list(sampler))
        assert len(parts[-1]) == len(sampler) == 5
    assert Counter(sum(parts, [])) == Counter(whole + whole[:1])


@pytest.mark.parametrize('shares', [(1.0, 1.0), (1.0, 0.0, 1.0), (1, 1, 1.5)])
def test_shares_that_do_not_fit(dataset, shares):
    with pytest.raises(InputError, match='shares='):
        ShareSampler(dataset, shares)


def test_a_plain_data_set_is_one_part():
    sampler = ShareSampler(Samples(10), [0.4], seed=1)
    first = list(sampler)
    sampler.set_epoch(1)
    assert len(sampler) == len(set(first)) == 4 and set(first) <= set(range(10))
    assert first != list(sampler)
    with pytest.raises(InputError, match='of which there are 1'):
        ShareSampler(Samples(3), [1.0, 1.0])
