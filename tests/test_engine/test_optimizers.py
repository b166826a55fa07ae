"""Parameter groups and warm-up of YOLOv5's recipe."""
from __future__ import annotations

import math

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS
from small_nets import CONFIGS, build, model_cfg
from torch.nn.modules.batchnorm import _BatchNorm

from sasd_mmpose.engine.optimizers import YOLOOptimWrapperConstructor

EPOCH_LENGTH = 5


@pytest.fixture(scope='module')
def cfg():
    return Config.fromfile(CONFIGS / 'sasd_xs_coco.py')


@pytest.fixture(scope='module')
def model():
    return build(model_cfg())


def test_every_parameter_is_in_the_one_group_it_belongs_to(cfg, model):
    groups = build_optim_wrapper(
        model, cfg.optim_wrapper).optimizer.param_groups
    wanted = dict(weight=set(), norm=set(), bias=set())
    for name, param in model.named_parameters():
        owner = model.get_submodule(name.rpartition('.')[0])
        kind = ('bias' if name.endswith('.bias') else
                'norm' if isinstance(owner, _BatchNorm) else 'weight')
        wanted[kind].add(id(param))
    assert [group['kind'] for group in groups] == list(wanted)
    assert sum(len(group['params']) for group in groups) == len(
        list(model.parameters()))
    for group in groups:
        assert {id(p) for p in group['params']} == wanted[group['kind']]
        assert len(group['params']) > 10
        decays = group['kind'] == 'weight'
        assert group['weight_decay'] == (5e-4 if decays else 0)
        assert group['lr'] == cfg.base_lr


def test_frozen_parameters_are_left_out(cfg):
    backbone = dict(type='PoseShuffleNetV2', frozen_stages=0)
    model = build(model_cfg(backbone=backbone)).train()
    frozen = [p for p in model.parameters() if not p.requires_grad]
    groups = build_optim_wrapper(
        model, cfg.optim_wrapper).optimizer.param_groups
    known = {id(p) for group in groups for p in group['params']}
    assert frozen and not known & {id(p) for p in frozen}


def test_the_constructor_takes_no_other_settings():
    with pytest.raises(ValueError, match='paramwise_cfg'):
        YOLOOptimWrapperConstructor(
            dict(optimizer=dict(type='SGD', lr=1)), dict(bias_lr_mult=2))


def test_learning_rates_and_momentum_of_the_recipe(cfg, model):
    """Step by step: from both sides to the base rate, then down a cosine."""
    epochs, warmup_epochs = 6, cfg.lr_warmup_epochs
    optimizer = build_optim_wrapper(model, cfg.optim_wrapper)
    schedulers = []
    for scheduler in cfg.copy().param_scheduler:
        if scheduler.type == 'CosineAnnealingLR':
            scheduler.end = epochs
        schedulers.append(PARAM_SCHEDULERS.build(
            scheduler, default_args=dict(
                optimizer=optimizer, epoch_length=EPOCH_LENGTH)))
    base, low = cfg.base_lr, 0.05 * cfg.base_lr
    warmup, total = warmup_epochs * EPOCH_LENGTH, epochs * EPOCH_LENGTH
    for step in range(total):
        # The last step of the warm-up has the base rate already.
        progress = step / (warmup - 1)
        turn = math.pi * (step - warmup) / (total - warmup)
        falling = low + (base - low) * (1 + math.cos(turn)) / 2
        for group in optimizer.optimizer.param_groups:
            start = 0.1 if group['kind'] == 'bias' else 0.0
            rising = start + (base - start) * progress
            assert group['lr'] == pytest.approx(
                rising if step < warmup else falling, abs=1e-9), step
            assert group['momentum'] == pytest.approx(
                0.8 + (0.937 - 0.8) * min(progress, 1))
        for scheduler in schedulers:
            scheduler.step()


def test_warm_up_may_begin_later():
    param = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([dict(params=[param], kind='bias')], lr=0.01)
    scheduler = PARAM_SCHEDULERS.build(
        dict(type='YOLOWarmupLR', begin=2, end=5, by_epoch=False),
        default_args=dict(optimizer=optimizer))
    rates = []
    for _ in range(6):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        scheduler.step()
    assert rates == pytest.approx([0.01, 0.01, 0.1, 0.055, 0.01, 0.01])


def test_bfloat16_computes_in_16_bits_and_updates_in_32():
    net = torch.nn.Linear(3, 2)
    wrapper = build_optim_wrapper(net, dict(
        type='BFloat16OptimWrapper', optimizer=dict(type='SGD', lr=0.1)))
    before = net.weight.detach().clone()
    with wrapper.optim_context(net):
        found = net(torch.rand(4, 3))
    assert found.dtype == torch.bfloat16
    wrapper.update_params(found.float().square().sum())
    assert net.weight.dtype == torch.float32
    assert not torch.equal(net.weight, before)


def test_bfloat16_has_a_fast_gradient_of_strided_depthwise_convolutions():
    net = torch.nn.Sequential(
        torch.nn.Conv2d(4, 4, 3, groups=4),
        torch.nn.Conv2d(4, 4, 3, stride=2, groups=4))
    wrapper = build_optim_wrapper(net, dict(
        type='BFloat16OptimWrapper', optimizer=dict(type='SGD', lr=0.1)))
    inputs = torch.rand(1, 4, 9, 9)
    with wrapper.optim_context(net):
        first = net[0](inputs)
        second = net[1](first)
        assert '_StridedDepthwise' in str(second.grad_fn)
    assert second.dtype == torch.bfloat16
    assert 'forward' not in vars(net[1])
