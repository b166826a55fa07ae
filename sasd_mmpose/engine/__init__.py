# ruff: noqa: E402
from ..compat import mend_mmpose

mend_mmpose()

from . import hooks, optimizers, schedulers

__all__ = ['hooks', 'optimizers', 'schedulers']
