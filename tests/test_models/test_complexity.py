"""Counting parameters and multiply-accumulates."""
from __future__ import annotations

import pytest
import torch
import torch.nn as nn
from small_nets import build, model_cfg

from sasd_mmpose.models import deployed_cfg
from sasd_mmpose.models.complexity import model_complexity


def macs_of_convolutions(model, inputs) -> int:
    """Count by hooks: outputs times the size of the kernel."""
    total = 0

    def count(module, args, output):
        nonlocal total
        kernel = module.weight[0].numel()  # channels of a group included
        total += output.numel() * kernel

    handles = [m.register_forward_hook(count) for m in model.modules()
               if isinstance(m, nn.Conv2d)]
    model(inputs, None, mode='tensor')
    for handle in handles:
        handle.remove()
    return total


def test_counts_equal_a_count_by_hand():
    cfg = model_cfg()
    info = model_complexity(cfg, 64)
    deployed = build(deployed_cfg(cfg)).eval()
    assert info.size == 64
    assert info.params == sum(p.numel() for p in deployed.parameters())
    assert info.macs == macs_of_convolutions(deployed, torch.zeros(1, 3, 64, 64))


def test_macs_grow_exactly_with_the_area():
    small, large = (model_complexity(model_cfg(), size) for size in (64, 512))
    assert large.macs == 64 * small.macs
    assert large.params == small.params


def test_the_auxiliary_level_counts_in_training_only():
    cfg = model_cfg()
    deployed, trained = (model_complexity(cfg, 64, aux) for aux in (False, True))
    aux = build(cfg).aux_level
    assert trained.params - deployed.params == sum(
        p.numel() for p in aux.parameters())
    assert 1.02 < trained.macs / deployed.macs < 1.1
    without = model_complexity(model_cfg(aux_level=False), 64, aux=True)
    assert without == deployed


@pytest.mark.parametrize('kind', ['SASDDistiller', 'DirectDistiller'])
def test_twins_with_weights_of_their_own_count_twice(kind):
    cfg = model_cfg(type=kind, weight_sharing=False)
    deployed, trained = (model_complexity(cfg, 64, aux) for aux in (False, True))
    assert trained.params >= 2 * deployed.params
