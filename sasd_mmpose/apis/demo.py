"""The whole way on drawn people: train, prune, evaluate, look at it."""
from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import NamedTuple, TextIO

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.hooks import Hook
from mmengine.runner import Runner, find_latest_checkpoint

from ..engine.hooks.time_limit_hook import TimeLimitReached
from ..errors import InputError
from ..models.deployed import deployed_cfg
from ..visualization.curves import plot_training_curves
from ..visualization.poses import PoseDrawer
from .checkpoint import prune_checkpoint
from .predictor import Person, Predictor

RUN_FILE = 'demo.json'
NUM_DRAWN = 12
DRAWN_COLUMNS = 3  # pairs of pictures in a row of the sheet
DRAWN_SCALE = 2
SHOWN_SCORE = 0.3


class DemoFiles(NamedTuple):
    """What the demo writes.

    Attributes:
        checkpoint (Path): Weights of the net and of its auxiliary level.
        pruned (Path): Weights of the deployed net.
        metrics (Path): AP and how it came about.
        detections (Path): Predictions in COCO's format.
        curves (Path): Losses and AP over the epochs.
        pictures (Path): Predictions next to the truth.
    """
    checkpoint: Path
    pruned: Path
    metrics: Path
    detections: Path
    curves: Path
    pictures: Path

    @classmethod
    def under(cls, folder: Path) -> DemoFiles:
        """Name the files in a folder."""
        return cls(folder / 'checkpoint.pth', folder / 'checkpoint_pruned.pth',
                   folder / 'metrics.json', folder / 'test.keypoints.json',
                   folder / 'curves.png', folder / 'predictions.png')


class ProgressLine(Hook):
    """Tell the progress of a training in a line for each epoch.

    A terminal is kept up to date within the epoch, too.

    Args:
        terminal (TextIO): Where to.
        seconds (float): Least time between two updates of a line.
    """

    priority = 'LOW'

    def __init__(self, terminal: TextIO, seconds: float = 1.0) -> None:
        self.terminal = terminal
        self.seconds = seconds
        self._start = self._last = time.monotonic()

    def before_train(self, runner: Runner) -> None:
        """Start the clock."""
        self._start = time.monotonic()

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        """Write the line anew, or write it for good when the epoch ends.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Number of the batch in the epoch.
            data_batch (dict, optional): Unused.
            outputs (dict): Losses of the iteration.
        """
        steps = len(runner.train_dataloader)
        ended = batch_idx + 1 == steps
        due = time.monotonic() - self._last >= self.seconds
        if not ended and not (due and self.terminal.isatty()):
            return
        self._last = time.monotonic()
        stage = 'with its twin' if runner.model.distilling else 'base'
        loss = float(outputs['loss'])
        self._write(
            f'epoch {runner.epoch + 1:2d}/{runner.max_epochs}  '
            f'step {batch_idx + 1:3d}/{steps}  {stage:13}  loss {loss:7.2f}  '
            f'{clock(self._last - self._start)}', '\n' if ended else '\r')

    def after_val_epoch(self,
                        runner: Runner,
                        metrics: dict[str, float] | None = None) -> None:
        """Write the AP.

        Args:
            runner (Runner): The runner.
            metrics (dict): Results of the evaluation.
        """
        self._write(f'          AP {metrics["coco/AP"]:.3f} on unseen pictures')

    def _write(self, text: str, end: str = '\n') -> None:
        print(text, end=end, file=self.terminal, flush=True)


def clock(seconds: float) -> str:
    """Write a time as minutes and seconds, such as ``'3:07'``."""
    minutes, rest = divmod(round(seconds), 60)
    return f'{minutes}:{rest:02d}'


def cpu_seconds() -> float:
    """CPU time of this process and of its loader processes that ended."""
    usages = [resource.getrusage(who)
              for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def quicken(cfg: Config) -> None:
    """Cut a config of the demo down to a few steps on tiny pictures.

    Whatever is in the demo still happens; nothing worth a look is learnt.

    Args:
        cfg (Config): The config, changed in place.
    """
    size = (64, 64)
    for loader, number in ((cfg.train_dataloader, 16), (cfg.val_dataloader, 6),
                           (cfg.test_dataloader, 6)):
        loader.merge_from_dict if False else None
        loader.batch_size = min(loader.batch_size, number // 2)
        loader.dataset.update(num_images=number, image_size=size)
        for transform in loader.dataset.pipeline:
            if 'input_size' in transform:
                transform.input_size = size
    cfg.train_cfg.update(max_epochs=2, val_interval=1)
    for hook in cfg.custom_hooks:
        if hook.type == 'SASDStageHook':
            hook.warmup_epochs = 1
    for scheduler in cfg.param_scheduler:
        scheduler.update(begin=0, end=2)
