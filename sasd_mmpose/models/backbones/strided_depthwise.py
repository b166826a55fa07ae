"""A depthwise convolution with a stride, whose gradient is fast in bfloat16."""
from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import FunctionCtx

Pair = tuple[int, int]


class _StridedDepthwise(torch.autograd.Function):
    """See :func:`strided_depthwise`."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, weight: Tensor,
                bias: Tensor | None, stride: Pair, padding: Pair) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(x, weight, bias, stride, padding, groups=len(weight))

    @staticmethod
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        # Of the output without stride.
        size = [
            length + 2 * padding - kernel + 1 for length, padding, kernel in
            zip(x.shape[2:], ctx.padding, weight.shape[2:])
        ]
        apart = torch.empty(
            (*grad.shape[:2], *size), dtype=grad.dtype, device=grad.device,
            memory_format=torch.channels_last).zero_()
        apart[:, :, ::ctx.stride[0], ::ctx.stride[1]] = grad
        grad_x, grad_weight, _ = torch.ops.aten.convolution_backward(
            apart, x, weight, None, (1, 1), ctx.padding, (1, 1), False, (0, 0),
            len(weight), (*ctx.needs_input_grad[:2], False))
        grad_bias = grad.sum((0, 2, 3)) if ctx.needs_input_grad[2] else None
        return grad_x, grad_weight, grad_bias, None, None


def is_strided_depthwise(conv: nn.Module) -> bool:
    """Tell a depthwise convolution that has a stride."""
    return (isinstance(conv, nn.Conv2d) and max(conv.stride) > 1
            and 1 < conv.groups == conv.in_channels == conv.out_channels
            and max(conv.dilation) == 1)


def strided_depthwise(conv: nn.Conv2d, x: Tensor, weight: Tensor,
                      bias: Tensor | None) -> Tensor:
    """Convolve each channel alone, with a stride, in bfloat16.

    The gradient is that of the same convolution without stride, whose output
    is sampled: PyTorch's CPU kernel of the strided one takes many times as
    long in bfloat16.

    Args:
        conv (nn.Conv2d): Has stride and padding.
        x (Tensor): Shape (N, C, H, W).
        weight (Tensor): Shape (C, 1, h, w).
        bias (Tensor | None): Shape (C, ).

    Returns:
        Tensor: Shape (N, C, H', W'), bfloat16.
    """
    return _StridedDepthwise.apply(
        x.bfloat16(), weight.bfloat16(),
        None if bias is None else bias.bfloat16(), conv.stride, conv.padding)
