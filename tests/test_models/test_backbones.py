"""The backbones against their plain statement in functional calls."""
from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from mmpose.models.backbones import ShuffleNetV2
from torch import Tensor, nn

from sasd_mmpose.models.backbones import PoseShuffleNetV2, YOLOv5CSPDarknet


def layer(module: nn.Module, x: Tensor, activate=None) -> Tensor:
    """Convolution, batch norm and activation of a ConvModule."""
    conv, norm = module.conv, module.bn
    x = F.conv2d(x, conv.weight, None, conv.stride, conv.padding,
                 groups=conv.groups)
    x = F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight,
                     norm.bias, eps=norm.eps)
    return activate(x) if activate else x


def lively(module: nn.Module) -> nn.Module:
    """Give the batch norms statistics that differ from channel to channel."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            for tensor in (part.running_mean, part.weight.data, part.bias.data):
                tensor.normal_()
            part.running_var.uniform_(0.5, 2)
    return module.eval()


def shuffle_block(block: nn.Module, x: Tensor) -> Tensor:
    """A ShuffleNetV2 block (its paper's Fig. 3c and 3d)."""
    if block.stride == 1:
        kept, x = x.chunk(2, dim=1)
    else:
        down, point = block.branch1
        kept = layer(point, layer(down, x), F.relu)
    first, depthwise, last = block.branch2
    new = layer(last, layer(depthwise, layer(first, x, F.relu)), F.relu)
    # Channels of both halves in turn.
    return torch.stack([kept, new], dim=2).flatten(1, 2)


@torch.no_grad()
def test_shufflenet_gives_the_three_stages():
    net = lively(PoseShuffleNetV2(0.5))
    image = torch.randn(2, 3, 64, 96)
    x = F.max_pool2d(layer(net.conv1, image, F.relu), 3, 2, 1)
    found = net(image)
    assert len(found) == len(net.layers) == 3
    for stage, features in zip(net.layers, found, strict=True):
        for block in stage:
            x = shuffle_block(block, x)
        torch.testing.assert_close(features, x)
    assert [x.shape[1:] for x in found] == [
        (48, 8, 12), (96, 4, 6), (192, 2, 3)]


@torch.no_grad()
def test_an_extra_stage_doubles_the_width():
    net = lively(PoseShuffleNetV2(1.0, num_extra_stages=1))
    *_, last, extra = net(torch.randn(1, 3, 64, 64))
    assert last.shape[1:] == (464, 2, 2) and extra.shape[1:] == (928, 1, 1)
    block, = net.layers[-1]
    torch.testing.assert_close(extra, shuffle_block(block, last))


def test_the_classifier_convolution_is_left_out():
    def count(net: nn.Module) -> int:
        return sum(p.numel() for p in net.parameters())

    # 464 -> 1024 without bias, and a batch norm.
    assert count(ShuffleNetV2()) - count(PoseShuffleNetV2()) == 464 * 1024 + 2048


@pytest.mark.parametrize('frozen, trainable', [(-1, 4), (1, 2), (3, 0)])
def test_frozen_stages(frozen, trainable):
    net = PoseShuffleNetV2(frozen_stages=frozen)
    assert net.train() is net
    parts = [net.conv1, *net.layers]
    assert sum(any(p.requires_grad for p in part.parameters())
               for part in parts) == trainable


@torch.no_grad()
def test_csp_darknet_gives_strides_8_16_32():
    net = lively(YOLOv5CSPDarknet(0.25, 0.33))
    image = torch.randn(1, 3, 64, 96)

    def c3(block: nn.Module, x: Tensor) -> Tensor:
        main = layer(block.main_conv, x, F.silu)
        for b in block.blocks:
            main = main + layer(b.conv2, layer(b.conv1, main, F.silu), F.silu)
        short = layer(block.short_conv, x, F.silu)
        return layer(block.final_conv, torch.cat([main, short], dim=1), F.silu)

    x = layer(net.stem, image, F.silu)
    wanted = []
    for down, block in net.stages:
        x = c3(block, layer(down, x, F.silu))
        wanted.append(x)
    found = net(image)
    for a, b in zip(found, wanted[1:], strict=True):
        torch.testing.assert_close(a, b)
    assert [x.shape[1:] for x in found] == [
        (64, 8, 12), (128, 4, 6), (256, 2, 3)]


@pytest.mark.parametrize('widen, deepen, widths, depths', [
    (0.5, 0.33, (64, 128, 256, 512), (1, 2, 3, 1)),
    (0.75, 0.67, (96, 192, 384, 768), (2, 4, 6, 2)),
    (1.0, 1.0, (128, 256, 512, 1024), (3, 6, 9, 3)),
])
def test_widths_and_depths_are_yolov5s(widen, deepen, widths, depths):
    net = YOLOv5CSPDarknet(widen, deepen)
    assert tuple(down.out_channels for down, _ in net.stages) == widths
    assert tuple(len(block.blocks) for _, block in net.stages) == depths
