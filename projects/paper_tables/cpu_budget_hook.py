"""Trainings that are compared at equal processor time."""
from __future__ import annotations

import time

from mmengine.hooks import Hook
from mmengine.runner import Runner

from .time_limit_hook import TimeLimitReached

MIN_FACTOR = 0.01


class CPUBudgetHook(Hook):
    """Lower the rate towards the end of a budget of CPU time, and stop there.

    For configs whose own rate is constant after its warm-up. The CPU time is
    that of the training process: let it load the data too
    (``num_workers=0``).

    Args:
        minutes (float): CPU time of the training.
        decay_share (float): Last share of it, in which the rate falls
            linearly.
    """

    priority = 'VERY_LOW'

    def __init__(self, minutes: float, decay_share: float = 0.4) -> None:
        self.minutes = minutes
        self.decay_share = decay_share
        self._start = 0.0

    @property
    def spent(self) -> float:
        """Share of the budget that is spent."""
        return (time.process_time() - self._start) / 60 / self.minutes

    def before_train(self, runner: Runner) -> None:
        """Start the clock."""
        self._start = time.process_time()

    def before_train_iter(self,
                          runner: Runner,
                          batch_idx: int,
                          data_batch: dict | None = None) -> None:
        """Set the rate of the step to come."""
        factor = (1 - self.spent) / self.decay_share
        if factor < 1:
            for group in runner.optim_wrapper.param_groups:
                group['lr'] = group['initial_lr'] * max(factor, MIN_FACTOR)

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        """Stop when the budget is spent.

        Raises:
            TimeLimitReached: It is.
        """
        if self.spent >= 1:
            raise TimeLimitReached
