"""The neck, against its plain statement in functional calls."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from mmpose.registry import MODELS
from torch import Tensor, nn

from sasd_mmpose.models.necks import SPPF, UniformPAFPN

STAGES = (12, 24, 48)
WIDTH = 16


def layer(module: nn.Module, x: Tensor) -> Tensor:
    """Convolution, batch norm and SiLU of a ConvModule, by its weights."""
    conv, norm = module.conv, module.bn
    x = F.conv2d(x, conv.weight, None, conv.stride, conv.padding)
    x = F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight,
                     norm.bias, eps=norm.eps)
    return x * torch.sigmoid(x)


def c3(block: nn.Module, x: Tensor) -> Tensor:
    """YOLOv5's C3 block without identity connections."""
    main = layer(block.main_conv, x)
    for bottleneck in block.blocks:
        main = layer(bottleneck.conv2, layer(bottleneck.conv1, main))
    return layer(block.final_conv,
                 torch.cat([main, layer(block.short_conv, x)], dim=1))


def lively(module: nn.Module) -> nn.Module:
    """Give the batch norms statistics that differ from channel to channel."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            for tensor in (part.running_mean, part.weight.data, part.bias.data):
                tensor.normal_()
            part.running_var.uniform_(0.5, 2)
    return module.eval()


def stages(*, extra: tuple[int, ...] = ()) -> list[Tensor]:
    return [torch.randn(2, width, 32 >> i, 16 >> i)
            for i, width in enumerate((*STAGES, *extra))]


@torch.no_grad()
def test_sppf_pools_three_times_and_joins():
    sppf = lively(SPPF(8))
    x = torch.randn(2, 8, 9, 7)
    first = layer(sppf.reduce, x)
    # Pooling by 5 once, twice, thrice is pooling by 5, 9 and 13.
    pools = [F.max_pool2d(first, size, 1, size // 2) for size in (5, 9, 13)]
    wanted = layer(sppf.fuse, torch.cat([first, *pools], dim=1))
    torch.testing.assert_close(sppf(x), wanted)


@torch.no_grad()
def test_pan_goes_down_and_up():
    neck = lively(UniformPAFPN(STAGES, WIDTH))
    c3_, c4, c5 = stages()
    p5 = layer(neck.reduce[0], neck.sppf(c5))
    p4 = layer(neck.reduce[1], c3(neck.top_down[0], torch.cat(
        [p5.repeat_interleave(2, 2).repeat_interleave(2, 3), c4], dim=1)))
    out3 = c3(neck.top_down[1], torch.cat(
        [p4.repeat_interleave(2, 2).repeat_interleave(2, 3), c3_], dim=1))
    out4 = c3(neck.bottom_up[0], torch.cat(
        [layer(neck.downsample[0], out3), p4], dim=1))
    out5 = c3(neck.bottom_up[1], torch.cat(
        [layer(neck.downsample[1], out4), p5], dim=1))
    found = neck([c3_, c4, c5])
    assert [x.shape[1] for x in found] == [WIDTH] * 3
    for a, b in zip(found, (out3, out4, out5), strict=True):
        torch.testing.assert_close(a, b)


@torch.no_grad()
def test_a_level_beside_the_pan_takes_its_own_stage_only():
    neck = lively(UniformPAFPN((*STAGES, 96), WIDTH))
    inputs = stages(extra=(96, ))
    *pan, level = neck(inputs)
    first, second = neck.extra_levels[0]
    torch.testing.assert_close(level, c3(second, c3(first, inputs[-1])))
    others = neck([*inputs[:-1], torch.randn_like(inputs[-1])])[:-1]
    for a, b in zip(pan, others, strict=True):
        assert torch.equal(a, b)


def test_number_of_blocks():
    neck = MODELS.build(dict(type='UniformPAFPN', in_channels=STAGES,
                             out_channels=WIDTH, num_blocks=3))
    assert {len(block.blocks) for block in (*neck.top_down, *neck.bottom_up)} == {3}
