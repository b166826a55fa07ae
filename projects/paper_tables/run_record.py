"""Keeping what a run was and what it gave, for results/."""
from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import torch
from mmengine.config import Config

from projects.deployed_evaluation import evaluate_deployed
from projects.training_curves import plot_training_curves
from sasd_mmpose.datasets.person_boxes import build_labels
from sasd_mmpose.engine.checkpoints import prune_checkpoint, read_checkpoint
from sasd_mmpose.engine.config import load_config
from sasd_mmpose.environment import machine
from sasd_mmpose.errors import InputError

# What ImagesPerHourHook logs.
RATE = re.compile(r'epoch (\d+): (\d+) images an hour, (\d+) iterations')
# Where and how a run ran, not what it was; MMEngine writes them itself.
_RUN_KEYS = ('launcher', 'work_dir', 'resume', 'visualizer.name')
ROOT = Path(__file__).resolve().parents[2]


def commit() -> str | None:
    """Return the commit of the repository, None outside of one."""
    if not shutil.which('git'):
        return None
    run = subprocess.run(['git', 'rev-parse', 'HEAD'], cwd=ROOT,
                         capture_output=True, text=True, check=False)
    return run.stdout.strip() if run.returncode == 0 else None


def in_repository(path: Path) -> str:
    """Write a path from the repository's root, or its name if it is outside."""
    path = path.resolve()
    return (path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT)
            else path.name)


def _leaves(value: object, key: str = '') -> dict[str, object]:
    """Flatten nested dicts to dotted keys; lists are leaves."""
    if not isinstance(value, dict) or not value:
        return {key: value}
    return {leaf: content for name, inner in value.items()
            for leaf, content in _leaves(
                inner, f'{key}.{name}' if key else name).items()}


def overrides(cfg: Config, base: Config) -> dict[str, object]:
    """Find what makes one config of another, as for ``--cfg-options``.

    Args:
        cfg (Config): What a training ran with.
        base (Config): The config file that it was started with.

    Returns:
        dict[str, object]: Dotted keys and values; lists as a whole. A key
        that only the base has is None.
    """
    # Tuples are lists in a json.
    new, old = (json.loads(json.dumps(_leaves(c.to_dict()), default=str))
                for c in (cfg, base))
    changed = {key: value for key, value in new.items()
               if key not in _RUN_KEYS
               and (key not in old or old[key] != value)}
    gone = [key for key in old if key not in new
            and not any(name.startswith(f'{key}.') for name in new)]
    return changed | dict.fromkeys(gone)


def epochs_of(work_dir: Path, last: float = math.inf) -> list[dict]:
    """Read epochs, images an hour and iterations from all logs of a run.

    Args:
        work_dir (Path): Work directory of the training.
        last (float): The last epoch that counts.

    Returns:
        list[dict]: By epoch. One that was trained twice, since a run was
        killed, counts once.
    """
    rates = {}
    for log in sorted(work_dir.glob('*/*.log')):
        for epoch, rate, iterations in RATE.findall(log.read_text()):
            rates[int(epoch)] = dict(
                epoch=int(epoch), images_per_hour=int(rate),
                iterations=int(iterations))
    return [rates[epoch] for epoch in sorted(rates) if epoch <= last]


def hours_of(epochs: Sequence[dict], batch_size: int) -> float:
    """Add up the time of epochs.

    Args:
        epochs (Sequence[dict]): Of :func:`epochs_of`. The first one stands for
            those before it, too.
        batch_size (int): Images of an iteration.

    Returns:
        float: Hours. An epoch at less than half of the usual speed counts as a
        usual one: the process was stopped in it.
    """
    if not epochs:
        return 0.0
    usual = median(epoch['images_per_hour'] for epoch in epochs)
    done, hours = 0, 0.0
    for epoch in epochs:
        rate = epoch['images_per_hour']
        hours += ((epoch['iterations'] - done) * batch_size /
                  (rate if 2 * rate >= usual else usual))
        done = epoch['iterations']
    return hours


def training_hours(work_dir: Path, last_step: float = math.inf) -> float:
    """Add up the time of the logged steps, resumed ones included.

    Args:
        work_dir (Path): Work directory of the training.
        last_step (float): What was logged after it does not count.

    Returns:
        float: Hours.
    """
    seconds = 0.0
    for log in sorted(work_dir.glob('*/vis_data/scalars.json')):
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        entries = [entry for entry in entries
                   if 'loss' in entry and entry['step'] <= last_step]
        # A log that was resumed does not begin with the first step.
        steps = [entry['step'] for entry in entries]
        spans = [b - a for a, b in zip(steps, steps[1:])]
        spans = spans[:1] + spans
        seconds += sum(
            entry['time'] * span for entry, span in zip(entries, spans))
    return seconds / 3600


def _portable(text: str, work_dir: Path) -> str:
    """Replace the folders of this machine by those of a fresh clone."""
    folders = {
        str(work_dir.resolve()): f'work_dirs/{work_dir.name}',
        str(work_dir): f'work_dirs/{work_dir.name}',
        os.environ.get('SASD_DATA_ROOT', 'data').rstrip('/'): 'data',
        sys.prefix: '.venv',
        sys.base_prefix: 'python',
        str(Path.cwd()): '.',
    }
    for folder, name in folders.items():
        text = text.replace(folder, name)
    return text


def _check_work_dir(work_dir: Path) -> None:
    """Raise InputError unless a training left its config and log there."""
    if not list(work_dir.glob('*.py')) or not list(work_dir.glob('*/*.log')):
        raise InputError(f'{work_dir}: not the work directory of a training: '
                         'it has no config or no log')


def read_earlier(path: Path, keys: Sequence[str]) -> dict:
    """Read what is kept of the training that another one went on from.

    Args:
        path (Path): A json of :func:`record_run` or of ``keep_progress``.
        keys (Sequence[str]): What is wanted of it.

    Returns:
        dict: These.

    Raises:
        InputError: The file cannot be read, or lacks one of them.
    """
    try:
        content = json.loads(path.read_text())
        return {key: content[key] for key in keys}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f'{path}: does not say {" and ".join(keys)} of a training; give '
            'the json that the same tool wrote of it') from error


def record_run(work_dir: Path, checkpoint: Path, folder: Path, config: Path,
               trained_on: str, evaluated_on: str,
               averaged: Sequence[Path] = (), after: Path | None = None) -> dict:
    """Evaluate a run's net as it is deployed, and write down all of it.

    Args:
        work_dir (Path): Work directory of the training.
        checkpoint (Path): The checkpoint to evaluate.
        folder (Path): Where log, curves and ``result.json`` go.
        config (Path): The config that the training was started with.
        trained_on (str): What the training set is, in words.
        evaluated_on (str): What the test set is, in words.
        averaged (Sequence[Path]): Work directories of trainings that differ in
            the seed alone, where the checkpoint is the mean of theirs and this
            one's. Their logs and hours are added; the curves are this one's.
        after (Path | None): ``result.json`` of the training whose weights
            this one went on from; its epochs and hours are added.

    Returns:
        dict: The content of ``result.json``.

    Raises:
        InputError: If a folder is no work directory with a config and log, or
            ``after`` no result.
    """
    work_dirs = [work_dir, *averaged]
    for one in work_dirs:
        _check_work_dir(one)
    before = (read_earlier(after, ('epochs', 'training_hours')) if after
              else dict(epochs=0, training_hours=0))
    configs = sorted(work_dir.glob('*.py'))
    cfg, base = Config.fromfile(configs[0]), load_config(config)
    meta = read_checkpoint(checkpoint)['meta']
    folder.mkdir(parents=True, exist_ok=True)
    scratch = work_dir / 'record'
    pruned = scratch / 'pruned.pth'
    scratch.mkdir(exist_ok=True)
    prune_checkpoint(checkpoint, pruned)
    metrics, dataset = evaluate_deployed(
        cfg, pruned, scratch, scratch / 'test')

    (folder / 'train.log').write_text('\n'.join(
        _portable(log.read_text(), one)
        for one in work_dirs for log in sorted(one.glob('*/*.log'))))
    plot_training_curves(work_dir, folder / 'curves.png')
    result = dict(
        commit=commit(),
        config=in_repository(config),
        overrides=json.loads(_portable(
            json.dumps(overrides(cfg, base)), work_dir)),
        seed=meta.get('seed'),
        epochs=(meta['epoch'] + before['epochs'] if after
                else meta.get('epoch')),
        trained_on=f'{trained_on}, {len(build_labels(cfg, "train"))} images',
        evaluated_on=f'{evaluated_on}, {len(dataset)} images, '
                     f'{cfg.input_size[0]} px',
        flip_test=bool(cfg.model.test_cfg.get('flip_test', False)),
        training_hours=round(
            before['training_hours'] + sum(
                hours_of(epochs_of(one, meta.get('epoch', math.inf)),
                         cfg.train_dataloader.batch_size)
                or training_hours(one, meta.get('iter', math.inf))
                for one in work_dirs), 2),
        **(dict(after=in_repository(after)) if after else {}),
        machine=machine(),
        torch=torch.__version__,
        metrics={name: round(float(v), 5) for name, v in metrics.items()})
    (folder / 'result.json').write_text(json.dumps(result, indent=2) + '\n')
    return result
