"""The level that exists in training only."""
from __future__ import annotations

import pytest
import torch
from mmpose.registry import MODELS
from small_nets import build, model_cfg

from sasd_mmpose.models.distillers import AuxiliaryLevel


@pytest.fixture
def net():
    return build(model_cfg()).eval()


@torch.no_grad()
def test_it_is_a_shuffle_block_and_two_c3_blocks(net):
    stage = torch.randn(2, 464, 4, 6)
    aux = net.aux_level
    block = aux.block(stage)
    assert block.shape == (2, 928, 2, 3)
    first, second = aux.level
    torch.testing.assert_close(aux(stage), second(first(block)))
    assert aux(stage).shape == (2, 56, 2, 3)


def test_its_head_is_built_like_the_last_one_at_twice_the_stride(net):
    last, own = net.head.levels[-1], net.aux_level.head
    assert [p.shape for p in own.parameters()] == [
        p.shape for p in last.parameters()]
    # The same boxes and keypoints in cells, and a quarter of the cells.
    bias, own_bias = (level._initial_bias() for level in (last, own))
    difference = own_bias - bias
    assert torch.allclose(
        difference[:, 4], torch.full((3, ), 4.).log())
    difference[:, 4] = 0
    assert (difference == 0).all()


def test_it_may_have_no_head(net):
    assert AuxiliaryLevel(net.neck, None).head is None


def test_size_as_in_the_paper():
    """XS with it is E without its own: 2.375 M parameters (architecture)."""
    cfg = model_cfg('sasd_xs_coco')
    whole = MODELS.build(cfg)
    extra = sum(p.numel() for p in whole.aux_level.parameters())
    deployed = sum(p.numel() for name, p in whole.named_parameters()
                   if not name.startswith('aux_level.'))
    assert round(deployed / 1e6, 1) == 1.6
    assert round((deployed + extra) / 1e6, 1) == 2.4
