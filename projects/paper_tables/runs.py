"""Running the rows of a suite, and writing down what came of each."""
from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from mmengine.config import Config

from projects.deployed_evaluation import evaluate, evaluate_deployed
from projects.training_curves import read_training_log
from sasd_mmpose.datasets.person_boxes import build_labels
from sasd_mmpose.engine.checkpoints import prune_checkpoint
from sasd_mmpose.environment import machine, versions
from sasd_mmpose.errors import InputError, find_input_error

from .person_oks import mean_person_oks
from .run_record import commit, in_repository, training_hours
from .suites import Row, Suite
from .training import Busy, exclusive, recipe_digest, train

PACKAGES = ('python', 'torch', 'mmcv', 'mmcv-lite', 'mmengine', 'mmdet',
            'mmpose', 'numpy')


def _data_set(cfg: Config, split: str) -> str:
    """Name a data set by its folder and annotations; without any, by type."""
    dataset = cfg[f'{split}_dataloader'].dataset
    if 'ann_file' not in dataset:
        return dataset.type
    return f'{Path(dataset.data_root).name}, {Path(dataset.ann_file).stem}'


def _curves(work_dir: Path) -> dict[str, dict]:
    """Return losses and metrics over the epochs, one value for each epoch."""
    log = read_training_log(work_dir)

    def thinned(curve: Sequence[tuple[float, float]]) -> list:
        last = {int(np.ceil(epoch)): value for epoch, value in curve}
        return [[epoch, float(f'{value:.4g}')] for epoch, value in last.items()]

    return dict(
        losses={name: thinned(c) for name, c in log.losses.items()},
        scores={name: thinned(c) for name, c in log.scores.items()})


def _test(cfg: Config, checkpoint: Path, work_dir: Path) -> tuple[dict, int]:
    """Evaluate a row as it says; the metrics, and how many images."""
    folder = work_dir / 'test'
    folder.mkdir(exist_ok=True)
    if cfg.model.get('pruned_inference', True):
        prune_checkpoint(checkpoint, folder / 'pruned.pth')
        metrics, dataset = evaluate_deployed(
            cfg, folder / 'pruned.pth', folder, folder / 'predictions')
    else:
        metrics, dataset = evaluate(
            cfg, checkpoint, folder, folder / 'predictions')
    # Without a file, the evaluator writes one of what the data set told it.
    truth = cfg.test_evaluator.get('ann_file') or folder / 'predictions.gt.json'
    oks = mean_person_oks(truth, folder / 'predictions.keypoints.json',
                          dataset.metainfo['sigmas'])
    return dict(metrics, **{'person OKS': oks}), len(dataset)


def _result(cfg: Config, checkpoint: Path, work_dir: Path) -> dict:
    """Evaluate a finished training and collect all about it."""
    metrics, num_test = _test(cfg, checkpoint, work_dir)
    return dict(
        epochs=cfg.train_cfg.max_epochs,
        trained_on=f'{_data_set(cfg, "train")}, '
                   f'{len(build_labels(cfg, "train"))} images',
        evaluated_on=f'{_data_set(cfg, "test")}, {num_test} images, '
                     f'{cfg.input_size[0]} px',
        flip_test=bool(cfg.model.test_cfg.get('flip_test', False)),
        batch_size=cfg.train_dataloader.batch_size,
        training_hours=round(training_hours(work_dir), 3),
        machine=machine(),
        versions=versions(PACKAGES),
        # Without the name of the data set: "coco/AP" is "AP" here.
        metrics={name.rpartition('/')[2]: round(float(value), 5)
                 for name, value in metrics.items()},
        curves=_curves(work_dir))


def write_json(path: Path, content: dict) -> None:
    """Write a file at once: it is whole, or it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix('.part')
    # A line for each key: short, and differences can be read.
    lines = (f' {json.dumps(k)}: {json.dumps(v)}' for k, v in content.items())
    part.write_text('{\n' + ',\n'.join(lines) + '\n}\n')
    os.replace(part, path)


class SuiteRunner:
    """Runs rows one after the other, with equal data, epochs and seeds.

    Args:
        suite (Suite): The suite.
        form (str): ``'mini'`` or ``'full'``.
        work_root (Path): Folder for the work directories. Rows that are the
            same training, in whichever suite, share one.
        say (Callable): Where lines about the progress go.
        changes (dict | None): Changes to every config, as ``--cfg-options``.
    """

    def __init__(self, suite: Suite, form: str, work_root: Path,
                 say: Callable[[str], None] = print,
                 changes: dict | None = None) -> None:
        self.suite = suite
        self.form = form
        self.work_root = work_root
        self.say = say
        self.changes = changes or {}

    def config(self, row: Row) -> Config:
        """Make the config of a row, with the changes."""
        cfg = self.suite.config(row, self.form)
        cfg.merge_from_dict(self.changes)
        return cfg

    def done(self, row: Row, seed: int, digest: str) -> bool:
        """Whether a run's result is there and is that of the present config."""
        path = self.suite.result_path(row.name, self.form, seed)
        if not path.is_file():
            return False
        try:
            same = json.loads(path.read_text())['recipe'] == digest
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f'{path}: not the result of a run; delete it'
                             ) from error
        if not same:
            self.say(f'{path.name}: made with another recipe; it runs again')
        return same

    def run(self, rows: Sequence[Row], seeds: Sequence[int],
            minutes: float | None = None) -> bool:
        """Run what has no result yet: all rows with one seed, then the next.

        A row that fails keeps none of the others from being run.

        Args:
            rows (Sequence[Row]): The rows.
            seeds (Sequence[int]): The seeds.
            minutes (float | None): Time after which it stops.

        Returns:
            bool: Whether all results are there.
        """
        end = None if minutes is None else time.monotonic() + 60 * minutes
        runs = [(row, seed) for seed in seeds for row in rows]
        complete = True
        for number, (row, seed) in enumerate(runs, start=1):
            left = None if end is None else (end - time.monotonic()) / 60
            if left is not None and left <= 0:
                return False
            try:
                state = self.run_row(row, seed, left) or 'not finished'
                complete &= state != 'not finished'
            except Exception as error:
                # Such as a loss that is not finite: the others can go on.
                message = find_input_error(error)
                if message is None:
                    raise
                state, complete = f'failed: {message}', False
            self.say(f'[{number}/{len(runs)}] {self.suite.name} {row.name}, '
                     f'seed {seed}: {state}')
        return complete

    def run_row(self, row: Row, seed: int,
                minutes: float | None = None) -> str | None:
        """Train and test one row, unless that is done.

        Args:
            row (Row): The row.
            seed (int): The seed.
            minutes (float | None): Time that its training may take.

        Returns:
            str | None: The result in words; None if there is none yet.
        """
        cfg = self.config(row)
        digest = recipe_digest(cfg)
        path = self.suite.result_path(row.name, self.form, seed)
        if not self.done(row, seed, digest):
            work_dir = self.work_root / f'{digest}-seed{seed}'
            try:
                with exclusive(work_dir):
                    checkpoint = train(cfg, work_dir, seed, minutes)
                    if checkpoint is None:
                        return None
                    result = _result(cfg, checkpoint, work_dir)
            except Busy:
                self.say(f'{work_dir}: another process is at it')
                return None
            write_json(path, dict(
                suite=self.suite.name, row=row.name, form=self.form,
                commit=commit(),
                config=in_repository(self.suite.bases[self.form]),
                overrides=dict(row.overrides), remove=list(row.remove),
                changes=self.changes, seed=seed,
                recipe=digest, **result))
        ap = json.loads(path.read_text())['metrics']['AP']
        return f'AP {ap:.4f}'
