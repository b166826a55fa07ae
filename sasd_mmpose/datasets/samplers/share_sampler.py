"""A share of a data set, or of each of several, in every epoch."""
from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from mmengine.dataset import ConcatDataset
from mmengine.dist import get_dist_info, sync_random_seed
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import Dataset, Sampler

from ...errors import InputError


@DATA_SAMPLERS.register_module()
class ShareSampler(Sampler):
    """Draw from each part of a concatenated data set its share, then shuffle.

    A data set that is not concatenated is one part: its epochs become short.

    No sample comes twice in an epoch, and each epoch draws others. What is
    drawn follows from the seed and the epoch alone, so that a resumed run goes
    on as an unbroken one.

    Args:
        dataset (Dataset): A ``ConcatDataset``, or a data set of one part.
        shares (Sequence[float]): How much of each comes in an epoch, above 0
            and at most 1, in the order of the data sets.
        seed (int | None): Seed; None takes one that all processes agree on.

    Raises:
        InputError: The shares do not fit the data sets.
    """

    def __init__(self,
                 dataset: Dataset,
                 shares: Sequence[float],
                 seed: int | None = None) -> None:
        parts = (dataset.datasets if isinstance(dataset, ConcatDataset)
                 else [dataset])
        if len(shares) != len(parts) or not all(
                0 < share <= 1 for share in shares):
            raise InputError(
                f'ShareSampler: shares={list(shares)} must be one number above 0 '
                f'and at most 1 for each data set, of which there are {len(parts)}')
        self.sizes = [len(part) for part in parts]
        self.counts = [max(1, round(share * size))
                       for share, size in zip(shares, self.sizes)]
        self.seed = sync_random_seed() if seed is None else seed
        self.epoch = 0
        self.rank, self.world_size = get_dist_info()

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator()
        generator.manual_seed(self.seed + self.epoch)
        drawn, first = [], 0
        for size, count in zip(self.sizes, self.counts):
            drawn.append(
                first + torch.randperm(size, generator=generator)[:count])
            first += size
        indices = torch.cat(drawn)
        indices = indices[torch.randperm(len(indices), generator=generator)]
        # As many for each process: the first ones come twice if need be.
        total = len(self) * self.world_size
        indices = torch.cat([indices, indices[:total - len(indices)]])
        return iter(indices[self.rank:total:self.world_size].tolist())

    def __len__(self) -> int:
        return math.ceil(sum(self.counts) / self.world_size)

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch is drawn next; MMEngine's hook calls it."""
        self.epoch = epoch
