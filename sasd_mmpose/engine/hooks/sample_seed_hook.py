"""Random numbers of the training samples that do not depend on the past."""
from __future__ import annotations

import random

import numpy as np
import torch
from mmengine.dataset import BaseDataset
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


class SampleSeed:
    """First transform of a pipeline: seeds what the others draw.

    Args:
        seed (int): Seed of the run.

    Attributes:
        epoch (Tensor): Number of the epoch, in memory that is shared with the
            loader processes: they outlive an epoch.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.epoch = torch.zeros((), dtype=torch.long).share_memory_()

    def __call__(self, results: dict) -> dict:
        """Seed ``random`` and ``numpy.random`` for one sample.

        Args:
            results (dict): The sample, with ``sample_idx``.

        Returns:
            dict: ``results``.
        """
        key = (self.seed, int(self.epoch), results['sample_idx'])
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
    A data set that wraps others (repeated, concatenated) is left as it is.
    """

    def __init__(self) -> None:
        self.seeding: SampleSeed | None = None

    def before_train(self, runner: Runner) -> None:
        """Put the seeding in front of the pipeline, before it is copied."""
        dataset = runner.train_dataloader.dataset
        if isinstance(dataset, BaseDataset):
            self.seeding = SampleSeed(runner.seed)
            dataset.pipeline.transforms.insert(0, self.seeding)

    def before_train_epoch(self, runner: Runner) -> None:
        """Tell the loader processes which epoch begins."""
        if self.seeding is not None:
            self.seeding.epoch.fill_(runner.epoch)
