"""The shuffles of ShuffleNetV2, folded into weights for export.

A shuffle unit computes on one half of its channels, hands on the other, joins
the two and shuffles them, for which runtimes copy every channel three times.
Where each channel goes is known at export. So a unit writes its channels in
groups, one for each later unit that reads them, and takes its input from the
groups that wait for it. Weights are moved, none is changed.

Runtimes compute on 4 to 16 channels at a time, and the halves of 1.0x have 58,
116 and 232. Each group is filled up with channels of zeros.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn as nn
from mmcv.cnn import ConvModule, fuse_conv_bn
from torch import Tensor

from ..models.backbones.pose_shufflenet_v2 import PoseShuffleNetV2
from ..models.necks.uniform_pafpn import NUM_PAN_LEVELS, UniformPAFPN

# What NEON computes on; AVX-512 gains little by more (results/folded_shuffles.json).
CHANNEL_STEP = 4
# In an order of channels: a channel of zeros.
ZEROS = -1
Order = np.ndarray  # the old number of each new channel, or ZEROS


def fold_shuffles(model: nn.Module, step: int = CHANNEL_STEP) -> None:
    """Fold the shuffles of a net into its weights, in place.

    Nets other than a :class:`PoseShuffleNetV2` under a :class:`UniformPAFPN`
    stay as they are. The raw maps stay the same up to rounding.

    Args:
        model (nn.Module): A deployed estimator with its weights, in evaluation
            mode.
        step (int): Channels of a group are filled up to a multiple of it.
    """
    backbone, neck = model.backbone, getattr(model, 'neck', None)
    if type(backbone) is not PoseShuffleNetV2 or type(neck) is not UniformPAFPN:
        return
    fuse_conv_bn(backbone)
    fuse_conv_bn(neck)
    order = np.arange(backbone.conv1.conv.out_channels)
    for index, stage in enumerate(backbone.layers):
        folded = FoldedStage(stage, order, step)
        backbone.layers[index] = folded
        order = folded.order
        for convolution, before in _readers_in_neck(neck, index):
            reorder(convolution, np.concatenate([
                np.arange(before), np.where(order == ZEROS, ZEROS, order + before)]))


class FoldedStage(nn.Module):
    """A stage of ShuffleNetV2 whose shuffles are folded into its weights.

    Args:
        stage (Sequence[nn.Module]): MMPose's shuffle units, the first of
            stride 2, with batch norms folded. Their convolutions are changed.
        incoming (np.ndarray): Order of the channels that the stage is given.
        step (int): Channels of a group are filled up to a multiple of it.

    Attributes:
        order (np.ndarray): Order of the channels that it returns.
    """

    def __init__(self, stage: Sequence[nn.Module], incoming: Order,
                 step: int) -> None:
        super().__init__()
        first, *units = stage
        self.branches = nn.ModuleList(
            [first.branch1, first.branch2, *(unit.branch2 for unit in units)])
        channels = first.branch2[-1].conv.out_channels
        wanted = wanted_channels(channels, len(self.branches))
        groups = [_groups_by_reader(wanted, writer, step)
                  for writer in range(len(self.branches))]
        self.readers = [list(group) for group in groups]
        self.sizes = [[len(order) for order in group.values()] for group in groups]
        for number, branch in enumerate(self.branches):
            inputs = incoming if number < 2 else _input_order(wanted, groups, number)
            outputs = np.concatenate(list(groups[number].values()))
            _reorder_branch(branch, inputs, outputs, step)
        self.order = _input_order(wanted, groups, len(self.branches))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', H / 2, W / 2), in ``order``."""
        waiting: dict[int, list[Tensor]] = defaultdict(list)
        for number, branch in enumerate(self.branches):
            y = branch(x if number < 2 else torch.cat(waiting.pop(number), dim=1))
            sizes = self.sizes[number]
            parts = y.split(sizes, dim=1) if len(sizes) > 1 else (y, )
            for reader, part in zip(self.readers[number], parts):
                waiting[reader].append(part)
        return torch.cat(waiting.pop(len(self.branches)), dim=1)


def wanted_channels(channels: int, num_branches: int
                    ) -> dict[int, list[tuple[int, int]]]:
    """Follow every channel of a stage through its shuffles.

    Args:
        channels (int): Channels that a branch writes.
        num_branches (int): The two of the first unit, and one for each other.

    Returns:
        dict: For each branch after the first two, and for ``num_branches`` as
        the end of the stage: the branch and the channel of it that each of its
        inputs comes from.
    """
    def shuffled(left: list, right: list) -> list:
        return [channel for pair in zip(left, right) for channel in pair]

    written = [[(branch, i) for i in range(channels)]
               for branch in range(num_branches)]
    state = shuffled(written[0], written[1])
    wanted = {}
    for branch in range(2, num_branches):
        kept, wanted[branch] = state[:channels], state[channels:]
        state = shuffled(kept, written[branch])
    wanted[num_branches] = state
    return wanted


def _groups_by_reader(wanted: dict[int, list[tuple[int, int]]],
                      writer: int, step: int) -> dict[int, Order]:
    """Channels of a branch by who reads them, filled up with zeros."""
    groups = {reader: sorted(i for branch, i in channels if branch == writer)
              for reader, channels in wanted.items()}
    return {reader: np.array(group + [ZEROS] * (-len(group) % step))
            for reader, group in groups.items() if group}


def _input_order(wanted: dict[int, list[tuple[int, int]]],
                 groups: list[dict[int, Order]], reader: int) -> Order:
    """The order in which a reader finds its channels."""
    position = {source: i for i, source in enumerate(wanted[reader])}
    return np.array([position.get((writer, i), ZEROS)
                     for writer, group in enumerate(groups)
                     for i in group.get(reader, ())])


def _reorder_branch(branch: nn.Sequential, inputs: Order, outputs: Order,
                    step: int) -> None:
    """Have a branch read and write channels in other orders."""
    *others, last = branch
    for module in others:
        # In the middle the order stays, and is filled up.
        width = module.conv.out_channels
        order = inputs if module.conv.groups > 1 else np.concatenate(
            [np.arange(width), np.full(-width % step, ZEROS)])
        reorder(module, inputs, order)
        inputs = order
    reorder(last, inputs, outputs)


def reorder(module: ConvModule, inputs: Order, outputs: Order | None = None) -> None:
    """Have a convolution read and write channels in other orders.

    Args:
        module (ConvModule): Depthwise or with one group, without batch norm.
        inputs (np.ndarray): Order of its inputs.
        outputs (np.ndarray | None): Order of its outputs, the same for a
            depthwise one; None to leave it.
    """
    conv = module.conv
    if outputs is not None:
        conv.weight = nn.Parameter(_take(conv.weight.data, outputs, 0))
        conv.bias = nn.Parameter(_take(conv.bias.data, outputs, 0))
    if conv.groups > 1:
        conv.groups = len(inputs)
    else:
        conv.weight = nn.Parameter(_take(conv.weight.data, inputs, 1))
    conv.in_channels, conv.out_channels = len(inputs), len(conv.weight)


def _take(weight: Tensor, order: Order, dim: int) -> Tensor:
    """Take channels of a weight along a dimension, zeros where it says so."""
    zeros = torch.zeros_like(weight.narrow(dim, 0, 1))
    index = np.where(order == ZEROS, weight.shape[dim], order)
    return torch.cat([weight, zeros], dim).index_select(
        dim, torch.from_numpy(index).to(weight.device))


def _readers_in_neck(neck: UniformPAFPN, stage: int
                     ) -> Iterator[tuple[ConvModule, int]]:
    """Convolutions that read a stage, and how many channels come before it."""
    last = min(len(neck.in_channels), NUM_PAN_LEVELS) - 1
    if stage == last:
        yield neck.sppf.reduce, 0
        return
    block, before = ((neck.top_down[last - 1 - stage], neck.out_channels)
                     if stage < last else
                     (neck.extra_levels[stage - NUM_PAN_LEVELS][0], 0))
    yield block.main_conv, before
    yield block.short_conv, before
