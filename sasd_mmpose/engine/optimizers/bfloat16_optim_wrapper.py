"""Mixed precision where MMEngine has none: on a CPU."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn as nn
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS
from mmengine.runner import autocast


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """Compute forward and backward in bfloat16 and update in float32.

    MMEngine's ``AmpOptimWrapper`` refuses to run without a GPU. bfloat16 has
    the range of float32, so no loss needs to be scaled. It saves time on
    processors with instructions for it (``avx512_bf16``, AMX) only.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enter autocast for the forward pass of ``model``."""
        with super().optim_context(model), autocast(dtype=torch.bfloat16):
            yield
