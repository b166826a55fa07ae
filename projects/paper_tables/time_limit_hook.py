"""End a training that takes too long."""
from __future__ import annotations

import time

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


class TimeLimitReached(Exception):  # noqa: N818  (an event, not an error)
    """The time that a training may take is over.

    Whoever calls ``runner.train()`` catches it, and can save and evaluate the
    weights as they are.
    """


@HOOKS.register_module()
class TimeLimitHook(Hook):
    """Leave the training, within one iteration, when its time is over.

    Nothing adapts to the time: up to that moment a run is what it would have
    been without the limit.

    Args:
        minutes (float): Wall-clock time that this process may train for.
    """

    priority = 'VERY_LOW'

    def __init__(self, minutes: float) -> None:
        self.minutes = minutes
        self._end = 0.0

    def before_train(self, runner: Runner) -> None:
        """Start the clock."""
        self._end = time.monotonic() + 60 * self.minutes

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        """Look at the clock.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Unused.
            data_batch (dict, optional): Unused.
            outputs (dict, optional): Unused.

        Raises:
            TimeLimitReached: The time is over.
        """
        if time.monotonic() >= self._end:
            runner.logger.warning(
                f'stopped after {self.minutes:g} minutes, in epoch '
                f'{runner.epoch + 1} of {runner.max_epochs}')
            raise TimeLimitReached
