"""The two stages of training (paper, section IV-A)."""
from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class SASDStageHook(Hook):
    """Train at base resolution first, then together with the twin.

    The features of an untrained teacher would only disturb its student, so
    the high-resolution twin takes part after a warm-up.

    The stage follows from the epoch alone, so that a resumed run is in the
    right one. A net without a twin has but one stage.

    Args:
        warmup_epochs (int): Epochs at base resolution alone.
    """

    def __init__(self, warmup_epochs: int) -> None:
        self.warmup_epochs = warmup_epochs

    def before_train_epoch(self, runner: Runner) -> None:
        """Switch the twin on or off for the epoch that begins."""
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        if not hasattr(model, 'distilling'):
            return
        distilling = runner.epoch >= self.warmup_epochs
        if distilling != model.distilling:
            runner.logger.info(
                f'epoch {runner.epoch + 1}: high-resolution twin '
                f'{"on" if distilling else "off"}')
        model.distilling = distilling
