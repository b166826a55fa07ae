"""Training one row, through any number of interruptions."""
from __future__ import annotations

import fcntl
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

from mmengine.config import Config
from mmengine.runner import Runner

from sasd_mmpose.engine.checkpoints import read_checkpoint
from sasd_mmpose.errors import InputError

from .time_limit_hook import TimeLimitReached  # and registers its hook

# What decides the weights that a run ends with; all of it but the model.
_RECIPE_KEYS = ('optim_wrapper', 'param_scheduler', 'custom_hooks')
# What of the model and the data does not.
_TEST_KEYS = ('pruned_inference', 'test_cfg')


class Busy(Exception):  # noqa: N818  (an event, not an error)
    """Another process is working in the folder."""


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Make a folder and keep other processes from working in it.

    The lock ends with the process, however that ends.

    Raises:
        Busy: Another process has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / 'lock', 'w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy from error
        yield


def recipe_digest(cfg: Config) -> str:
    """Name what a training depends on, whatever it is called.

    Two rows with the same digest are one training, tested in two ways or
    listed in two tables. Where the data lies, and how it is tested, are no
    part of it.

    Args:
        cfg (Config): Config of a training.

    Returns:
        str: Twelve hexadecimal digits.
    """
    cfg = deepcopy(cfg.to_dict())
    model = {k: v for k, v in cfg['model'].items() if k not in _TEST_KEYS}
    loader = cfg['train_dataloader']
    dataset = {k: v for k, v in loader['dataset'].items() if k != 'data_root'}
    recipe = dict(
        model=model, dataset=dataset, batch_size=loader['batch_size'],
        epochs=cfg['train_cfg']['max_epochs'],
        **{key: cfg.get(key) for key in _RECIPE_KEYS})
    text = json.dumps(recipe, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _epoch(path: Path) -> int:
    return int(re.search(r'epoch_([0-9]+)\.pth$', path.name)[1])


def last_good_checkpoint(work_dir: Path) -> Path | None:
    """Find the newest checkpoint of a training that is whole.

    A process that is killed while it writes leaves a part of a file.

    Args:
        work_dir (Path): Work directory of the training.

    Returns:
        Path | None: The checkpoint, if there is any.
    """
    for path in sorted(work_dir.glob('epoch_*.pth'), key=_epoch, reverse=True):
        try:
            read_checkpoint(path)
        except InputError:
            continue
        return path
    return None


def train(cfg: Config, work_dir: Path, seed: int,
          minutes: float | None = None) -> Path | None:
    """Train a config, or go on where an interrupted training was.

    At most the epoch that was interrupted is done again; the result is that
    of an uninterrupted run.

    Args:
        cfg (Config): The config; it is not changed.
        work_dir (Path): Folder for this training alone.
        seed (int): Seed of the run.
        minutes (float | None): Time after which it stops by itself.

    Returns:
        Path | None: The last checkpoint, or None if the time was over before.
    """
    checkpoint = last_good_checkpoint(work_dir)
    if checkpoint and _epoch(checkpoint) >= cfg.train_cfg.max_epochs:
        return checkpoint
    run = Config(deepcopy(cfg.to_dict()))
    run.work_dir = str(work_dir)
    run.randomness = dict(seed=seed)
    run.load_from = str(checkpoint) if checkpoint else None
    run.resume = checkpoint is not None
    # Two: while one is written, the other one is whole. None is chosen by its
    # result on the test set.
    run.default_hooks.checkpoint = dict(
        type='CheckpointHook', interval=1, max_keep_ckpts=2)
    if minutes is not None:
        run.custom_hooks.append(dict(type='TimeLimitHook', minutes=minutes))
    try:
        Runner.from_cfg(run).train()
    except TimeLimitReached:
        return None
    return last_good_checkpoint(work_dir)
