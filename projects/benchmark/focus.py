"""YOLOX's first layer without slices, which some runtimes cannot take."""
from __future__ import annotations

import torch
import torch.nn as nn
from mmpose.models.backbones.csp_darknet import Focus
from torch import Tensor


def fold_focus(model: nn.Module) -> None:
    """Timing each ``Focus`` into the one convolution that it amounts to.

    ``Focus`` takes every second pixel of every second line, four times, and
    convolves the four small images. A kernel of twice the size on the whole
    image, with a stride of 2, multiplies the same numbers. ncnn has no slices
    with steps.

    Args:
        model (nn.Module): Changed in place; results and cost stay.
    """
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, Focus):
                block = child.conv
                block.conv = _of_whole_image(block.conv)
                setattr(parent, name, block)


def _of_whole_image(conv: nn.Conv2d) -> nn.Conv2d:
    """Make the convolution of an image of one that follows the slices."""
    channels = conv.in_channels // 4
    size, = set(conv.kernel_size)
    whole = nn.Conv2d(channels, conv.out_channels, 2 * size, 2,
                      2 * conv.padding[0], bias=conv.bias is not None)
    with torch.no_grad():
        whole.weight.copy_(_interleaved(conv.weight, channels))
        if conv.bias is not None:
            whole.bias.copy_(conv.bias)
    return whole


def _interleaved(weight: Tensor, channels: int) -> Tensor:
    """Spread (O, 4C, k, k) over (O, C, 2k, 2k).

    ``Focus`` stacks upper left, lower left, upper right and lower right pixels.
    """
    out, _, size, _ = weight.shape
    right_low = weight.reshape(out, 2, 2, channels, size, size)
    # to O, C, y, low, x, right
    return right_low.permute(0, 3, 4, 2, 5, 1).reshape(
        out, channels, 2 * size, 2 * size)
