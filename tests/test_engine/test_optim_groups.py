"""Merged parameter groups train as one group for each parameter does."""
from __future__ import annotations

import copy

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from torch import nn

from sasd_mmpose.engine.optimizers.merged_optim_constructor import merge_groups


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.ModuleDict(dict(
        backbone=nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8),
                               nn.ReLU()),
        head=nn.Sequential(nn.Conv2d(8, 8, 1, bias=False), nn.BatchNorm2d(8),
                           nn.ReLU(), nn.Conv2d(8, 4, 1))))


def cfg(constructor: str, **optimizer) -> dict:
    return dict(
        type='OptimWrapper', constructor=constructor,
        optimizer=dict(dict(type='MuonAdamW', lr=0.01, weight_decay=0.3),
                       **optimizer),
        paramwise_cfg=dict(
            norm_decay_mult=0, bias_decay_mult=0,
            custom_keys={'backbone': dict(lr_mult=0.3, orthogonal=False)}))


def train(wrapper, model) -> None:
    images = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    for _ in range(5):
        loss = model['head'](model['backbone'](images)).square().mean()
        wrapper.update_params(loss)


@pytest.mark.parametrize('fused', [False, True])
def test_updates_are_the_same(fused):
    one = net()
    other = copy.deepcopy(one)
    separate = build_optim_wrapper(one, cfg('DefaultOptimWrapperConstructor'))
    merged = build_optim_wrapper(
        other, cfg('MergedOptimWrapperConstructor', fused=fused))
    start = copy.deepcopy(one)
    train(separate, one)
    train(merged, other)
    for a, b, c in zip(one.parameters(), other.parameters(),
                       start.parameters(), strict=True):
        torch.testing.assert_close(a, b)
        assert not torch.equal(b, c)
    assert len(separate.optimizer.param_groups) == 8
    assert len(merged.optimizer.param_groups) == 3


def test_groups_of_equal_settings_are_one():
    groups = [dict(params=[1], lr=1.0), dict(params=[2], lr=2.0),
              dict(params=[3], lr=1.0), dict(params=[4], lr=1.0, orthogonal=False)]
    assert merge_groups(groups) == [
        dict(params=[1, 3], lr=1.0), dict(params=[2], lr=2.0),
        dict(params=[4], lr=1.0, orthogonal=False)]
