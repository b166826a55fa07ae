"""A whole training, the twin's stage included, in a given time."""
from __future__ import annotations

import time

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpose.registry import HOOKS

BEFORE_TWIN = 'before_twin.pth'
SPENT_KEY = 'clock_schedule_seconds'
TWIN_STEP_KEY = 'clock_schedule_twin_step'
WARMUP_STEPS = 50
LEAST_FACTOR = 0.01


@HOOKS.register_module()
class ClockScheduleHook(Hook):
    """Let the stage and the learning rate follow the clock, and stop in time.

    The twin takes part in the last part of the time, however fast the machine
    is; a schedule by epochs would not reach that stage on a slow one. Two
    machines therefore do not take the same steps.

    Stages change and training ends between two epochs, so epochs have to be
    short. The weights of the moment at which the twin comes in are saved as
    ``before_twin.pth``. An interrupted run goes on with the time it had left.

    Args:
        minutes (float): Wall-clock time of the training, validation included.
        twin_share (float): Last part of it, in which the twin takes part.
        decay_share (float): Last part of it, in which the rate falls
            linearly. It rises over the first steps.
    """

    # Before the hook that saves checkpoints.
    priority = 'NORMAL'

    def __init__(self,
                 minutes: float,
                 twin_share: float = 1 / 3,
                 decay_share: float = 0.5) -> None:
        self.minutes = minutes
        self.twin_share = twin_share
        self.decay_share = decay_share
        self._start = 0.0

    @property
    def left(self) -> float:
        """Share of the time that is left; at most 0 when it is over."""
        seconds = time.monotonic() - self._start
        return 1 - seconds / (60 * self.minutes) if self.minutes else 0.0

    def before_train(self, runner: Runner) -> None:
        """Start the clock, or go on where an interrupted run was."""
        spent = runner.message_hub.runtime_info.get(SPENT_KEY, 0.0)
        self._start = time.monotonic() - spent
        for group in runner.optim_wrapper.param_groups:
            group.setdefault('initial_lr', group['lr'])
        runner.train_loop.stop_training = self._over(runner)

    def before_train_epoch(self, runner: Runner) -> None:
        """Switch the twin on when its time has come."""
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        model.distilling = self.left <= self.twin_share
        if model.distilling and self._twin_step(runner) is None:
            runner.logger.info(
                f'epoch {runner.epoch + 1}: high-resolution twin on')
            runner.message_hub.update_info(TWIN_STEP_KEY, runner.iter)
            runner.save_checkpoint(
                runner.work_dir, BEFORE_TWIN, save_optimizer=False,
                save_param_scheduler=False)

    def before_train_iter(self,
                          runner: Runner,
                          batch_idx: int,
                          data_batch: dict | None = None) -> None:
        """Set the rate of the step to come."""
        factor = min((runner.iter + 1) / WARMUP_STEPS,
                     self.left / self.decay_share, 1.0)
        for group in runner.optim_wrapper.param_groups:
            group['lr'] = group['initial_lr'] * max(factor, LEAST_FACTOR)

    def after_train_epoch(self, runner: Runner) -> None:
        """Note the time, and stop when it is over and the twin had its turn."""
        runner.message_hub.update_info(
            SPENT_KEY, time.monotonic() - self._start)
        runner.train_loop.stop_training = self._over(runner)

    def _over(self, runner: Runner) -> bool:
        """Tell whether the time is over, and the twin has had its turn."""
        return self.left <= 0 and self._twin_step(runner) is not None

    @staticmethod
    def _twin_step(runner: Runner) -> int | None:
        """The step before which the twin came in; None until then."""
        return runner.message_hub.runtime_info.get(TWIN_STEP_KEY)
