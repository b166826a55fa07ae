"""Batch norms for a net whose own were folded into its convolutions.

A deployed net has a convolution with a bias where training had a convolution
and a batch norm. To train it further it needs batch norms again: real
images say with which mean and variance each of them meets its input, scale
and shift are then those under which it does what the bias did.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn as nn
from mmcv.cnn import ConvModule
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from sasd_mmpose.datasets.transforms.loading import UnreadableImage, read_image
from sasd_mmpose.errors import InputError

from .ncnn_weights import NcnnConvolution


class InputNorm(NamedTuple):
    """What a net does to the values of its images, of 0 to 255.

    Attributes:
        mean (Sequence[float]): Subtracted, in the order of the channels.
        std (Sequence[float]): Divided by, after that.
        bgr (bool): Whether the channels are blue, green, red.
    """
    mean: Sequence[float]
    std: Sequence[float]
    bgr: bool


NANODET_INPUT = InputNorm((103.53, 116.28, 123.675), (57.375, 57.12, 58.395),
                          True)


def refer_to_input(folded: NcnnConvolution, was: InputNorm,
                   becomes: InputNorm) -> NcnnConvolution:
    """Rewrite the first convolution for images prepared in another way.

    The outputs stay what they were but at the border: a convolution pads with
    zeros, which is another colour than it was.

    Args:
        folded (NcnnConvolution): The convolution, of three channels.
        was (InputNorm): How the images were prepared.
        becomes (InputNorm): How they are prepared from now on.

    Returns:
        NcnnConvolution: The convolution for the new images.
    """
    old_mean, old_std, mean, std = (
        np.array(values) for values in (was.mean, was.std, *becomes[:2]))
    weight = folded.weight.astype(float)
    if was.bgr != becomes.bgr:
        weight, old_mean, old_std = weight[:, ::-1], old_mean[::-1], old_std[::-1]
    # A value v = x std + mean of the image, as x and as it was:
    # (v - old_mean) / old_std = x std / old_std + (mean - old_mean) / old_std
    shift = weight.sum(axis=(2, 3)) @ ((mean - old_mean) / old_std)
    scaled = weight * (std / old_std)[:, None, None]
    return folded._replace(
        weight=scaled.astype(np.float32),
        bias=(folded.bias + shift).astype(np.float32))


def _check(layer: ConvModule, folded: NcnnConvolution, where: str) -> None:
    """Raise unless a convolution is the one that a layer stands for."""
    conv, activation = layer.conv, folded.activation
    there = (folded.weight.shape, folded.stride, folded.groups)
    wanted = (tuple(conv.weight.shape), conv.stride[0], conv.groups)
    if there != wanted:
        raise InputError(
            f'{where}: {folded.name} has shape, stride and groups {there}, '
            f'where the backbone has {wanted}; give a net whose first '
            'convolutions are this backbone')
    has = layer.activate if layer.with_activation else None
    fits = (type(has).__name__ == activation['type'] if activation else not has)
    if activation and 'negative_slope' in activation and fits:
        fits = has.negative_slope == activation['negative_slope']
    if not fits:
        raise InputError(
            f'{where}: {folded.name} is followed by {activation}, where the '
            f'backbone has {has}; build the backbone with that activation')


@torch.no_grad()
def load_folded(net: nn.Module, convolutions: Sequence[NcnnConvolution],
                source: str) -> None:
    """Load folded convolutions; every batch norm then only adds the bias.

    Args:
        net (nn.Module): Built of :class:`ConvModule` with batch norms, in the
            order of computation.
        convolutions (Sequence[NcnnConvolution]): The first of them are those
            of the net; the others are not used.
        source (str): Where they come from, for the message.

    Raises:
        InputError: They are not those of the net.
    """
    layers = [m for m in net.modules() if isinstance(m, ConvModule)]
    if len(convolutions) < len(layers):
        raise InputError(
            f'{source}: {len(convolutions)} convolutions, and the backbone has '
            f'{len(layers)}; give a net that contains the whole backbone')
    for layer, folded in zip(layers, convolutions):
        _check(layer, folded, source)
        layer.conv.weight.copy_(torch.from_numpy(folded.weight))
        norm = layer.norm
        norm.running_mean.zero_()
        norm.running_var.fill_(1)
        norm.weight.fill_((1 + norm.eps)**0.5)
        norm.bias.copy_(torch.from_numpy(folded.bias))


class _Moments:
    """Mean and variance per channel of all that a batch norm meets.

    Args:
        norm (nn.Module): The batch norm.
    """

    def __init__(self, norm: nn.Module) -> None:
        self.norm = norm
        self.count = 0
        self.sums = torch.zeros(2, norm.num_features, dtype=torch.float64)
        self.hook = norm.register_forward_pre_hook(self.add)

    def add(self, module: nn.Module, args: tuple[Tensor]) -> None:
        """Add an input, shape (N, C, H, W)."""
        values = args[0].double().transpose(0, 1).flatten(1).cpu()
        self.count += values.shape[1]
        self.sums += torch.stack([values.sum(1), values.square().sum(1)])

    def settle(self) -> None:
        """Give the batch norm these moments; its output stays the same."""
        mean, square = self.sums / self.count
        var = (square - mean.square()).clamp(min=0)
        norm = self.norm
        scale = norm.weight.double() / (norm.running_var + norm.eps).sqrt()
        offset = norm.bias.double() - scale * norm.running_mean
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(var)
        norm.weight.copy_(scale * (var + norm.eps).sqrt())
        norm.bias.copy_(offset + scale * mean)


@torch.no_grad()
def restore_batch_norms(net: nn.Module, images: Iterable[Tensor]) -> int:
    """Give all batch norms the moments of what they meet in the images.

    In evaluation mode the net computes the same as before. Since it does,
    whatever moments its batch norms have, one pass measures all of them.

    Args:
        net (nn.Module): The net.
        images (Iterable[Tensor]): Its inputs, shape (N, 3, H, W).

    Returns:
        int: The number of inputs.

    Raises:
        InputError: There are no images.
    """
    norms = [m for m in net.modules() if isinstance(m, _BatchNorm)]
    moments = [_Moments(norm) for norm in norms]
    was_training = net.training
    net.eval()
    count = 0
    try:
        for inputs in images:
            net(inputs)
            count += len(inputs)
    finally:
        net.train(was_training)
        for moment in moments:
            moment.hook.remove()
    if not count:
        raise InputError('no image to measure the batch norms with; name a '
                         'folder with images that can be read')
    for moment in moments:
        moment.settle()
    return count


def image_inputs(paths: Sequence[Path], sizes: tuple[int, int],
                   norm: InputNorm, seed: int = 0) -> Iterator[Tensor]:
    """Read images, one by one, each at a size of its own.

    They keep their proportions and nothing is padded, so that a grey border
    is no part of what batch norms see.

    Args:
        paths (Sequence[Path]): Image files.
        sizes (tuple[int, int]): Smallest and largest length of the long side
            in pixels, both drawn.
        norm (InputNorm): How the net wants them.
        seed (int): Seed of the sizes.

    Yields:
        Tensor: Shape (1, 3, H, W).

    Raises:
        InputError: An image cannot be read.
    """
    rng = np.random.default_rng(seed)
    for path in paths:
        try:
            image = read_image(str(path))
        except UnreadableImage as error:
            raise InputError(f'{error}; take it out of the folder') from error
        scale = rng.integers(sizes[0], sizes[1] + 1) / max(image.shape[:2])
        image = cv2.resize(image, None, fx=scale, fy=scale,
                           interpolation=cv2.INTER_AREA)
        if not norm.bgr:
            image = image[..., ::-1]
        values = (image - np.array(norm.mean)) / np.array(norm.std)
        yield torch.from_numpy(values.astype(np.float32)).permute(2, 0, 1)[None]
