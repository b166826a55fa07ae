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


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """Compute forward and backward in bfloat16 and update in float32.

    MMEngine's ``AmpOptimWrapper`` refuses to run without a GPU. bfloat16 has
    the range of float32, so no loss needs to be scaled. It saves time on
    processors with instructions for it (``avx512_bf16``, AMX) only.

    Depthwise convolutions with a stride stay in float32: the gradient of one
    takes PyTorch's CPU kernels many times as long in bfloat16.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enter autocast for the forward pass of ``model``."""
        with super().optim_context(model), \
                _strided_depthwise_in_float32(model), \
                autocast(dtype=torch.bfloat16):
            yield


@contextmanager
def _strided_depthwise_in_float32(model: nn.Module) -> Iterator[None]:
    """Exempt a model's strided depthwise convolutions from autocast."""
    convs = [
        module for module in model.modules() if isinstance(module, nn.Conv2d)
        and 1 < module.groups == module.in_channels and max(module.stride) > 1
    ]
    for conv in convs:
        conv.forward = partial(_forward_in_float32, conv)
    try:
        yield
    finally:
        for conv in convs:
            del conv.forward


def _forward_in_float32(conv: nn.Conv2d, inputs: Tensor) -> Tensor:
    """Convolve (N, C, H, W) in float32, also within autocast."""
    with torch.autocast(inputs.device.type, enabled=False):
        return nn.Conv2d.forward(conv, inputs.float())
