"""Go on with a training where it was, or say why that cannot be."""
from __future__ import annotations

import logging
import os.path as osp
import zipfile
from collections.abc import Mapping
from pathlib import Path

from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner, find_latest_checkpoint
from mmpose.registry import HOOKS

from ...errors import InputError

# Where a scheduler stands, as opposed to what it was set to.
SCHEDULER_STATE = ('last_step', 'base_values', 'verbose')


@HOOKS.register_module()
class ResumeGuardHook(Hook):
    """Check what is resumed, before anything of it is taken over.

    - A checkpoint that a full disk or a crash left cut off does not stand in
      the way: ``resume=True`` alone takes the newest whole one.
    - Schedules count iterations. With another batch size, number of
      processes, data set or length of training, a resumed one would run on
      with the numbers of the old one and end at a wrong learning rate: it is
      refused. (To count anew would fit neither the moments of the optimizer
      nor the averaged weights.)
    """

    priority = 'HIGH'

    def before_run(self, runner: Runner) -> None:
        """Choose the checkpoint, before MMEngine does.

        Args:
            runner (Runner): The runner.

        Raises:
            InputError: The one that was named is missing or broken.
        """
        if runner._load_from is not None:
            self._check_named(str(runner._load_from))
        elif runner._resume:
            runner._load_from = newest_whole_checkpoint(runner.work_dir)
            if runner._load_from is None:
                runner._resume = False
                runner.logger.warning(
                    f'{runner.work_dir}: no checkpoint to resume from; the '
                    'training starts anew')

    @staticmethod
    def _check_named(path: str) -> None:
        """Raise where a local file cannot be loaded."""
        if '://' in path:
            return
        if not osp.isfile(path):
            raise InputError(f'{path}: no such checkpoint; set load_from, or '
                             'the argument of --resume, to one')
        if not is_whole(path):
            raise InputError(
                f'{path}: cut off or broken; take another checkpoint '
                '(--resume alone takes the newest whole one of the work '
                'folder)')

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the schedule that was with the one of this config.

        Args:
            runner (Runner): The runner.
            checkpoint (dict): What was loaded.

        Raises:
            InputError: They differ, or the file has weights only.
        """
        loop = runner._train_loop
        if not runner._resume or not hasattr(loop, 'dataloader'):
            return
        source = str(runner._load_from)
        meta = checkpoint.get('meta', {})
        if not {'epoch', 'iter'} <= meta.keys():
            raise InputError(
                f'{source}: holds weights, and not how far a training was; '
                'leave load_from out to resume from the newest checkpoint of '
                'the work folder, or resume to start from the weights')
        if hasattr(loop, 'max_epochs'):
            _check_epoch_length(
                source, meta['epoch'], meta['iter'], len(loop.dataloader))
        saved = checkpoint.get('param_schedulers')
        current = runner.param_schedulers
        if isinstance(saved, list) and isinstance(current, list):
            _check_schedules(
                source, saved, [scheduler.state_dict() for scheduler in current])


def newest_whole_checkpoint(work_dir: str) -> str | None:
    """Find the checkpoint to resume from.

    Args:
        work_dir (str): The folder of the run.

    Returns:
        str | None: The one that the file ``last_checkpoint`` names, or the
        newest whole one of the folder, with a warning.
    """
    latest = find_latest_checkpoint(work_dir)
    if latest and osp.isfile(latest) and is_whole(latest):
        return latest
    others = sorted(
        (path for pattern in ('epoch_*.pth', 'iter_*.pth')
         for path in Path(work_dir).glob(pattern)),
        key=lambda path: path.stat().st_mtime, reverse=True)
    chosen = next((str(path) for path in others if is_whole(path)), None)
    broken = latest or (str(others[0]) if others else None)
    if broken is not None:
        print_log(
            f'{broken}: missing, cut off or broken; resuming from '
            f'{chosen or "nothing, since no other is whole"}',
            logger='current', level=logging.WARNING)
    return chosen


def is_whole(path: str | Path) -> bool:
    """Whether a checkpoint was written to its end.

    Args:
        path (str | Path): A file of torch.

    Returns:
        bool: False for a zip archive without its end or with a part that does
        not have its checksum, and for an empty file. Files of torch before
        1.6 are no archives, and pass.
    """
    with open(path, 'rb') as file:
        start = file.read(4)
    if not start:
        return False
    if start != b'PK\x03\x04':
        return start != bytes(4)
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, EOFError, OSError):
        return False


def _check_epoch_length(source: str, epoch: int, iteration: int, length: int) -> None:
    """Raise where the epochs that were done had another length."""
    if epoch * length <= iteration <= (epoch + 1) * length:
        return
    raise InputError(
        f'{source}: {iteration} iterations were done in {epoch} epochs, and '
        f'an epoch has {length} now (another batch_size, number of processes '
        'or data set); the schedule counts iterations: resume with the '
        'settings of then, or start from the weights, with load_from and '
        'without resume')


def _check_schedules(source: str, saved: list[Mapping], current: list[Mapping]) -> None:
    """Raise where a scheduler was set to something else."""
    if len(saved) != len(current):
        raise InputError(
            f'{source}: has {len(saved)} schedulers, and param_scheduler of '
            f'this config {len(current)}; resume with the settings of then, '
            'or start from the weights, with load_from and without resume')
    for number, (old, new) in enumerate(zip(saved, current)):
        for key, value in new.items():
            if key.startswith('_') or key in SCHEDULER_STATE:
                continue
            if old.get(key, value) != value:
                raise InputError(
                    f'{source}: param_scheduler[{number}] has {key}='
                    f'{old[key]!r}, and {value!r} in this config (another '
                    'batch_size, length of training or schedule); resume with the '
                    'settings of then, or start from the weights, with '
                    'load_from and without resume')
