"""Random numbers of the training samples that do not depend on the past."""
from __future__ import annotations

import random

import numpy as np
import torch
from mmengine.dataset import BaseDataset, ConcatDataset
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS
from torch import Tensor


class SampleSeed:
    """First transform of a pipeline: seeds what the others draw.

    Args:
        seed (int): Seed of the run.
        epoch (Tensor): Number of the epoch, in memory that is shared with the
            loader processes: they outlive an epoch.
        part (int | None): Number of the data set among several.
    """

    def __init__(self, seed: int, epoch: Tensor, part: int | None = None) -> None:
        self.seed = seed
        self.epoch = epoch
        self.part = () if part is None else (part, )

    def __call__(self, results: dict) -> dict:
        """Seed ``random`` and ``numpy.random`` for one sample.

        Args:
            results (dict): The sample, with ``sample_idx``.

        Returns:
            dict: ``results``.
        """
        key = (self.seed, int(self.epoch), results['sample_idx'], *self.part)
        state = np.random.SeedSequence(key).generate_state(2)
        random.seed(int(state[0]))
        np.random.seed(state[1])
        return results


@HOOKS.register_module()
class SampleSeedHook(Hook):
    """Let a sample's augmentation follow from seed, epoch and its number.

    Otherwise it follows from all that its loader process has drawn before, so
    that a resumed run, whose processes start anew, repeats the augmentations
    of its first epochs, and results change with the number of processes.
    Concatenated data sets are seeded each by itself; one that wraps others in
    another way is left as it is.
    """

    def __init__(self) -> None:
        self.epoch = torch.zeros((), dtype=torch.long).share_memory_()

    def before_train(self, runner: Runner) -> None:
        """Put the seeding in front of the pipelines, before they are copied."""
        dataset = runner.train_dataloader.dataset
        if isinstance(dataset, ConcatDataset):
            parts = enumerate(dataset.datasets)
        else:
            parts = [(None, dataset)]
        for part, single in parts:
            if isinstance(single, BaseDataset):
                single.pipeline.transforms.insert(
                    0, SampleSeed(runner.seed, self.epoch, part))

    def before_train_epoch(self, runner: Runner) -> None:
        """Tell the loader processes which epoch begins."""
        self.epoch.fill_(runner.epoch)
