# ruff: noqa: E402
from ..compat import mend_mmpose

mend_mmpose()

from . import hooks, loops, optimizers, schedulers

__all__ = ['hooks', 'loops', 'optimizers', 'schedulers']
