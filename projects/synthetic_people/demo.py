"""The whole way on drawn people: train, prune, evaluate, look at it."""
from __future__ import annotations

import json
import os
import resource
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import NamedTuple, TextIO

import cv2
import numpy as np
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.hooks import Hook
from mmengine.runner import Runner, find_latest_checkpoint

from projects.deployed_evaluation import evaluate_deployed
from projects.training_curves import plot_training_curves
from sasd_mmpose.engine.checkpoints import prune_checkpoint
from sasd_mmpose.errors import InputError
from sasd_mmpose.inference.person import Person
from sasd_mmpose.inference.runtimes.pytorch import TorchRuntime
from sasd_mmpose.visualization.pose_drawer import PoseDrawer

from .clock_schedule_hook import BEFORE_TWIN, TWIN_STEP_KEY, ClockScheduleHook
from .dataset import HONESTY

CONFIG_FILE = 'demo_config.py'
NUM_DRAWN = 12
DRAWN_COLUMNS = 3  # pairs of images in a row of the sheet
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
        images (Path): Predictions next to the truth.
    """
    checkpoint: Path
    pruned: Path
    metrics: Path
    detections: Path
    curves: Path
    images: Path

    @classmethod
    def under(cls, folder: Path) -> DemoFiles:
        """Name the files in a folder."""
        return cls(folder / 'checkpoint.pth', folder / 'checkpoint_pruned.pth',
                   folder / 'metrics.json', folder / 'test.keypoints.json',
                   folder / 'curves.png', folder / 'predictions.png')


class ProgressLine(Hook):
    """Tell the progress of a training, in a line about twice a minute.

    A terminal is kept up to date in between, too.

    Args:
        terminal (TextIO): Where to.
        line_seconds (float): Least time between two lines.
        update_seconds (float): Least time between two updates of a line.
    """

    priority = 'LOW'

    def __init__(self, terminal: TextIO, line_seconds: float = 30.0,
                 update_seconds: float = 1.0) -> None:
        self.terminal = terminal
        self.line_seconds = line_seconds
        self.update_seconds = update_seconds
        self._start = self._last_line = self._last = time.monotonic()
        self._stage = ''

    def before_train(self, runner: Runner) -> None:
        """Start the clock."""
        self._start = time.monotonic()

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        """Write the line anew, or write it for good.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Unused.
            data_batch (dict, optional): Unused.
            outputs (dict): Losses of the iteration.
        """
        now = time.monotonic()
        stage = 'with its twin' if runner.model.distilling else 'base'
        for_good = (stage != self._stage
                    or now - self._last_line >= self.line_seconds)
        due = now - self._last >= self.update_seconds
        if not for_good and not (due and self.terminal.isatty()):
            return
        self._last = now
        if for_good:
            self._last_line, self._stage = now, stage
        self._write(
            f'{clock(now - self._start):>5}  step {runner.iter + 1:5d}  '
            f'{stage:13}  loss {float(outputs["loss"]):7.2f}',
            '\n' if for_good else '\r')

    def after_val_epoch(self,
                        runner: Runner,
                        metrics: dict[str, float] | None = None) -> None:
        """Write the AP.

        Args:
            runner (Runner): The runner.
            metrics (dict): Results of the evaluation.
        """
        self._write(f'       AP {metrics["coco/AP"]:.3f} on unseen images')

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


# Some seconds on a few images: all that is in the demo still happens.
QUICK_MINUTES = 0.1
QUICK = {
    'train_cfg.val_interval': 1,
    'default_hooks.logger.interval': 1,
    'train_dataloader.batch_size': 4,
    'train_dataloader.sampler.shares': [0.5],
    'train_dataloader.dataset.num_images': 16,
    'val_dataloader.batch_size': 4,
    'val_dataloader.dataset.num_images': 8,
    'test_dataloader.batch_size': 4,
    'test_dataloader.dataset.num_images': 8,
}


def run_demo(config: Config,
             folder: Path,
             minutes: float,
             terminal: TextIO) -> tuple[DemoFiles, dict]:
    """Train, prune, evaluate and draw.

    A run that was interrupted goes on from its last epoch; one that was
    complete is only evaluated again.

    Args:
        config (Config): A config with a distiller and drawn people.
        folder (Path): Where to; made where it does not exist.
        minutes (float): Wall-clock time of the training.
        terminal (TextIO): Where the progress goes. Everything else that is
            printed meanwhile is in MMEngine's log.

    Returns:
        tuple[DemoFiles, dict]: The files and the content of ``metrics``.

    Raises:
        InputError: The folder holds a run of another config.
    """
    files = DemoFiles.under(folder)
    _claim(folder, config)
    config.work_dir = str(folder)
    with _silence():
        config.resume = find_latest_checkpoint(str(folder)) is not None
        if config.resume:
            # What is named there would be resumed instead.
            config.load_from = None
        facts = _train(config, minutes, files, terminal)
        print('evaluating the pruned net, without and with the stage of the '
              'twin', file=terminal, flush=True)
        before, _ = _prune_and_evaluate(
            config, folder / BEFORE_TWIN, folder / 'before_twin_pruned.pth',
            folder / 'before_twin.keypoints.json')
        metrics, dataset = _prune_and_evaluate(
            config, files.checkpoint, files.pruned, files.detections)
        plot_training_curves(folder, files.curves)
        runtime = TorchRuntime(
            config, files.pruned, flip_test=True, score_thr=SHOWN_SCORE)
        draw_predictions(runtime, dataset, files.images)
    report = dict(
        about=HONESTY,
        images=describe_images(config),
        test_images=len(dataset),
        **{name.rpartition('/')[2]: value for name, value in metrics.items()},
        AP_before_twin=before['coco/AP'],
        **facts)
    files.metrics.write_text(json.dumps(report, indent=2) + '\n')
    return files, report


def _prune_and_evaluate(config: Config, weights: Path, pruned: Path,
                        detections: Path) -> tuple[dict, BaseDataset]:
    """Test weights as the deployed net; see :func:`evaluate_deployed`."""
    prune_checkpoint(weights, pruned)
    prefix = detections.name.removesuffix('.keypoints.json')
    return evaluate_deployed(
        config, pruned, detections.parent / 'test', detections.parent / prefix)


def describe_images(config: Config) -> str:
    """Say what is drawn, in a line."""
    drawn = config.train_dataloader.dataset
    low, high = drawn.person_height
    return (f'{drawn.min_people} to {drawn.max_people} people in images of '
            f'{" x ".join(map(str, drawn.image_size))} pixels, {low:g} to '
            f'{high:g} of their height; poses: {", ".join(drawn.poses)}')


def _claim(folder: Path, config: Config) -> None:
    """Make the folder, and see to it that only one config is run in it."""
    kept = folder / CONFIG_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not kept.exists():
            config.dump(kept)
    except OSError as error:
        raise InputError(f'{folder}: cannot be written ({error.strerror}); '
                         'name another folder with --out') from error
    if Config.fromfile(kept).to_dict() != config.to_dict():
        raise InputError(
            f'{folder}: holds a run with other settings (see {kept.name}); '
            'remove it or name another folder with --out')


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what other packages print, and their warnings, off the terminal.

    MMEngine's log file is not touched by it.
    """
    with open(os.devnull, 'w') as nowhere, redirect_stdout(nowhere), \
            warnings.catch_warnings():
        warnings.simplefilter('ignore')
        yield


def _train(config: Config, minutes: float, files: DemoFiles,
           terminal: TextIO) -> dict:
    """Train, and save the weights as evaluation takes them.

    Returns:
        dict: How long it took, and how far it came.
    """
    start, cpu_start = time.monotonic(), cpu_seconds()
    runner = Runner.from_cfg(config)
    next(hook for hook in runner.hooks
         if isinstance(hook, ClockScheduleHook)).minutes = minutes
    runner.register_hook(ProgressLine(terminal))
    runner.train()
    # With an EMA, its weights are the ones that are saved.
    runner.save_checkpoint(
        str(files.checkpoint.parent), files.checkpoint.name,
        save_optimizer=False, save_param_scheduler=False)
    return dict(
        seed=runner.seed,
        minutes=minutes,
        train_images=len(runner.train_dataloader.dataset),
        steps=runner.iter,
        epochs=runner.epoch,
        steps_with_twin=runner.iter - runner.message_hub.get_info(
            TWIN_STEP_KEY),
        train_seconds=round(time.monotonic() - start),
        train_cpu_seconds=round(cpu_seconds() - cpu_start))


def true_persons(data_info: Mapping) -> list[Person]:
    """Turn the labels of an image into persons; hidden joints count.

    Args:
        data_info (Mapping): What a data set says about an image.

    Returns:
        list[Person]: With scores of 0 for joints that have no label.
    """
    return [
        Person(box, 1.0, keypoints, (visible > 0).astype(np.float32))
        for box, keypoints, visible in zip(
            data_info['bbox'], data_info['keypoints'],
            data_info['keypoints_visible'], strict=True)
    ]


def enlarged(person: Person, scale: int) -> Person:
    """Move a person to an image of ``scale`` times the size."""
    shift = scale / 2 - 0.5  # pixel i stands for its centre
    return person._replace(
        box=person.box * scale + shift,
        keypoints=person.keypoints * scale + shift)


def draw_predictions(runtime: TorchRuntime, dataset: BaseDataset,
                     out_file: Path) -> None:
    """Draw the first images of a set, predictions right of the truth.

    Args:
        runtime (TorchRuntime): The net.
        dataset (BaseDataset): Drawn people.
        out_file (Path): The image to write.

    Raises:
        InputError: It cannot be written.
    """
    number = min(NUM_DRAWN, len(dataset))
    infos = [dataset.get_data_info(index) for index in range(number)]
    drawer = PoseDrawer(runtime.drawing, SHOWN_SCORE)
    pairs = []
    found_in_all = runtime.find_persons([i['img'] for i in infos])
    for info, found in zip(infos, found_in_all, strict=True):
        image = cv2.resize(info['img'], None, fx=DRAWN_SCALE, fy=DRAWN_SCALE,
                           interpolation=cv2.INTER_CUBIC)
        halves = [
            drawer(image, [enlarged(p, DRAWN_SCALE) for p in persons])
            for persons in (true_persons(info), found)
        ]
        pairs.append(_titled(halves, ('truth', 'predicted')))
    if not cv2.imwrite(str(out_file), _sheet(pairs)):
        raise InputError(f'{out_file}: cannot be written; is the disk full?')


def _titled(images: Sequence[np.ndarray],
            titles: Sequence[str]) -> np.ndarray:
    """Put images side by side, each under its title."""
    columns = []
    for image, title in zip(images, titles, strict=True):
        strip = np.full((18, image.shape[1], 3), 255, np.uint8)
        cv2.putText(strip, title, (3, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42,
                    (40, 40, 40), 1, cv2.LINE_AA)
        columns.append(cv2.copyMakeBorder(
            np.vstack([strip, image]), 0, 2, 1, 1, cv2.BORDER_CONSTANT,
            value=(255, 255, 255)))
    return np.hstack(columns)


def _sheet(tiles: Sequence[np.ndarray]) -> np.ndarray:
    """Put tiles of one size into rows, the last one filled up in white."""
    tiles = [cv2.copyMakeBorder(tile, 6, 6, 8, 8, cv2.BORDER_CONSTANT,
                                value=(255, 255, 255)) for tile in tiles]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % DRAWN_COLUMNS)
    return np.vstack([
        np.hstack(tiles[i:i + DRAWN_COLUMNS])
        for i in range(0, len(tiles), DRAWN_COLUMNS)
    ])
