"""Mixed precision where MMEngine has none: on a CPU."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
import torch.nn as nn
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS
from mmengine.runner import autocast
from torch import Tensor

from ...models.backbones import is_strided_depthwise, strided_depthwise


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """Compute forward and backward in bfloat16 and update in float32.

    MMEngine's ``AmpOptimWrapper`` refuses to run without a GPU. bfloat16 has
    the range of float32, so no loss needs to be scaled. It saves time on
    processors with instructions for it (``avx512_bf16``, AMX) only.

    Depthwise convolutions with a stride run as :func:`strided_depthwise`: the
    gradient of one takes PyTorch's CPU kernels many times as long in bfloat16.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enter autocast for the forward pass of ``model``."""
        with super().optim_context(model), \
                _fast_strided_depthwise(model), \
                autocast(dtype=torch.bfloat16):
            yield


@contextmanager
def _fast_strided_depthwise(model: nn.Module) -> Iterator[None]:
    """Change the forward pass of a model's strided depthwise convolutions."""
    convs = [
        module for module in model.modules() if is_strided_depthwise(module)
    ]
    for conv in convs:
        conv.forward = partial(_forward, conv)
    try:
        yield
    finally:
        for conv in convs:
            del conv.forward


def _forward(conv: nn.Conv2d, inputs: Tensor) -> Tensor:
    """Convolve (N, C, H, W)."""
    return strided_depthwise(conv, inputs, conv.weight, conv.bias)
