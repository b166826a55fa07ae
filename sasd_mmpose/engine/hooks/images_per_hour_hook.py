"""How fast a training goes."""
from __future__ import annotations

import time

from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class ImagesPerHourHook(Hook):
    """Log after each epoch how many images an hour were trained with."""

    def before_train_epoch(self, runner: Runner) -> None:
        """Start the clock."""
        self._start, self._images = time.monotonic(), 0

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        """Count the images of a batch, over all processes."""
        self._images += len(data_batch['data_samples']) * get_world_size()

    def after_train_epoch(self, runner: Runner) -> None:
        """Log the rate."""
        hours = (time.monotonic() - self._start) / 3600
        runner.logger.info(
            f'epoch {runner.epoch + 1}: {self._images / hours:.0f} images an '
            f'hour, {runner.iter} iterations so far')
