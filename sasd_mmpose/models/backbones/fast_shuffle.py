"""ShuffleNetV2's forward pass for training, with fewer passes over memory.

On a CPU most of a training step of these nets goes into reading and writing
maps, not into convolutions. The functions here compute what
:class:`PoseShuffleNetV2` does, within rounding, gradients included:

- A batch norm with fixed statistics is folded into its convolution.
- The two halves that a shuffle block splits its input into are made by the
  block before as tensors of their own, in channels-last order. MMPose joins
  them, shuffles them into the other order, and splits them again.

Parameters, checkpoints and the deployed net stay as they are.
"""
from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmpose.models.backbones.shufflenet_v2 import InvertedResidual
from torch import Tensor
from torch.autograd.function import FunctionCtx

from .pose_shufflenet_v2 import PoseShuffleNetV2
from .strided_depthwise import is_strided_depthwise, strided_depthwise

Halves = tuple[Tensor, Tensor]


def fast_features(backbone: PoseShuffleNetV2, x: Tensor) -> tuple[Tensor, ...]:
    """Compute the features of a backbone, as its ``forward`` does.

    Args:
        backbone (PoseShuffleNetV2): The backbone.
        x (Tensor): Images of shape (N, 3, H, W).

    Returns:
        tuple[Tensor, ...]: One map for each stage, of shape
        (N, C_i, H/8, W/8), (N, C_i, H/16, W/16), ...
    """
    x = backbone.maxpool(folded_conv(backbone.conv1, x))
    features = []
    for stage in backbone.layers:
        x = _run_stage(stage, x)
        features.append(x)
    return tuple(features)


def _run_stage(stage: nn.Sequential, x: Tensor) -> Tensor:
    """Run shuffle blocks, the first of them strided, on (N, C, H, W)."""
    first, *blocks = stage
    halves = interleave_halves(
        _run_branch(first.branch1, x), _run_branch(first.branch2, x))
    for block in blocks:
        halves = _run_block(block, halves)
    return torch.cat(halves, dim=1)


def _run_block(block: InvertedResidual, halves: Halves) -> Halves:
    """Run a block without stride on the two halves of its input."""
    kept, changed = halves
    return interleave_halves(kept, _run_branch(block.branch2, changed))


def _run_branch(branch: nn.Sequential, x: Tensor) -> Tensor:
    for module in branch:
        x = folded_conv(module, x)
    return x


def folded_conv(module: ConvModule, x: Tensor) -> Tensor:
    """Run convolution, batch norm and activation.

    A norm in evaluation mode is an affine map with fixed statistics. Its
    scale goes into the weight and its shift into the bias; gradients reach
    the parameters of both through the product.

    Args:
        module (ConvModule): The layers.
        x (Tensor): Shape (N, C, H, W).

    Returns:
        Tensor: What ``module(x)`` gives, within rounding.
    """
    conv, norm = module.conv, module.norm
    if norm.training:
        return module(x)
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    weight = conv.weight * scale[:, None, None, None]
    bias = norm.bias - norm.running_mean * scale
    if (x.device.type == 'cpu' and torch.is_autocast_enabled('cpu')
            and is_strided_depthwise(conv)):
        x = strided_depthwise(conv, x, weight, bias)
    else:
        x = F.conv2d(x, weight, bias, conv.stride, conv.padding, conv.dilation,
                     conv.groups)
    return module.activate(x) if module.with_activation else x


class _InterleaveHalves(torch.autograd.Function):
    """See :func:`interleave_halves`."""

    @staticmethod
    def forward(ctx: FunctionCtx, kept: Tensor, changed: Tensor) -> Halves:
        return _weave(kept[:, :kept.shape[1] // 2],
                      changed[:, :kept.shape[1] // 2]), _weave(
                          kept[:, kept.shape[1] // 2:],
                          changed[:, kept.shape[1] // 2:])

    @staticmethod
    def backward(ctx: FunctionCtx, first: Tensor, second: Tensor) -> Halves:
        return tuple(_unweave(first, second, part) for part in (0, 1))


def interleave_halves(kept: Tensor, changed: Tensor) -> Halves:
    """Join two branches, shuffle their channels in two groups, split in half.

    Args:
        kept (Tensor): Shape (N, C, H, W), C even.
        changed (Tensor): The same shape.

    Returns:
        tuple[Tensor, Tensor]: Of (kept 0, changed 0, kept 1, changed 1, ...)
        the first and the last C channels, each (N, C, H, W) in channels-last
        order.
    """
    return _InterleaveHalves.apply(kept, changed)


def _weave(even: Tensor, odd: Tensor) -> Tensor:
    """Alternate the channels of two (N, c, H, W): (N, 2 c, H, W)."""
    n, c, h, w = even.shape
    out = even.new_empty((n, h, w, c, 2))
    out[..., 0] = even.permute(0, 2, 3, 1)
    out[..., 1] = odd.permute(0, 2, 3, 1)
    return out.flatten(3).permute(0, 3, 1, 2)


def _unweave(first: Tensor, second: Tensor, part: int) -> Tensor:
    """Take every other channel of both (N, 2 c, H, W): (N, 2 c, H, W)."""
    out = torch.empty_like(first, memory_format=torch.channels_last)
    half = out.shape[1] // 2
    out[:, :half] = first[:, part::2]
    out[:, half:] = second[:, part::2]
    return out
