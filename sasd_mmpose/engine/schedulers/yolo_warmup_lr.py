"""Warm-up of the learning rates as in YOLOv5."""
from __future__ import annotations

from mmengine.optim.scheduler.lr_scheduler import LRSchedulerMixin
from mmengine.optim.scheduler.param_scheduler import INF, _ParamScheduler
from mmengine.registry import PARAM_SCHEDULERS

from ..optimizers import BIAS_GROUP


@PARAM_SCHEDULERS.register_module()
class YOLOWarmupLR(LRSchedulerMixin, _ParamScheduler):
    """Linear warm-up from two sides.

    Weights start at a learning rate of zero; biases at a high one that falls,
    since the objectness bias has a long way to go and little to break. It
    expects the parameter groups of :class:`YOLOOptimWrapperConstructor`. The
    scheduler that follows it begins where it ends.

    Args:
        optimizer (OptimWrapper): The optimizer.
        bias_lr (float): Learning rate of the biases at the start.
        begin (int): First step.
        end (int): Step before which the base learning rate is reached.
        kwargs: Arguments of MMEngine's schedulers, ``by_epoch`` among them.
    """

    def __init__(self,
                 optimizer,
                 *args,
                 bias_lr: float = 0.1,
                 begin: int = 0,
                 end: int = INF,
                 **kwargs) -> None:
        self.bias_lr = bias_lr
        super().__init__(optimizer, *args, begin=begin, end=end, **kwargs)

    @classmethod
    def build_iter_from_epoch(cls, *args, begin: int = 0, end: int = INF,
                              by_epoch: bool = True,
                              epoch_length: int | None = None,
                              **kwargs) -> YOLOWarmupLR:
        """Build the scheduler with its bounds, in epochs, turned into steps."""
        return cls(
            *args,
            begin=int(begin * epoch_length),
            end=int(end * epoch_length),
            by_epoch=False,
            **kwargs)

    def _get_value(self) -> list[float]:
        """Return the learning rate of each group at the current step."""
        progress = self.last_step / max(self.end - self.begin - 1, 1)
        values = []
        for group, base in zip(self.optimizer.param_groups, self.base_values):
            start = self.bias_lr if group.get('kind') == BIAS_GROUP else 0.0
            values.append(start + (base - start) * progress)
        return values
