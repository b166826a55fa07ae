"""The faster forward pass for training gives what the usual one gives."""
from __future__ import annotations

import copy

import pytest
import torch
from mmengine.optim import build_optim_wrapper

from sasd_mmpose.models.backbones import PoseShuffleNetV2, fast_features
from sasd_mmpose.models.backbones.fast_shuffle import interleave_halves


def shuffled_halves(kept, changed):
    """Plain statement: channel i of the shuffled map, by its number."""
    channels = []
    for a, b in zip(kept.unbind(1), changed.unbind(1), strict=True):
        channels += [a, b]
    half = len(channels) // 2
    return torch.stack(channels[:half], 1), torch.stack(channels[half:], 1)


def test_interleaving_is_exact_and_so_is_its_gradient():
    inputs = [torch.randn(2, 6, 3, 5, requires_grad=True) for _ in range(2)]
    found, wanted = interleave_halves(*inputs), shuffled_halves(*inputs)
    for one, other in zip(found, wanted, strict=True):
        assert one.is_contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    seeds = [torch.randn(2, 6, 3, 5) for _ in range(2)]
    for one, other in zip(
            torch.autograd.grad(found, inputs, seeds),
            torch.autograd.grad(wanted, inputs, seeds), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def lively_backbone(norm_eval: bool, frozen_stages: int) -> PoseShuffleNetV2:
    """A small net in double precision whose batch norms are none of them 1."""
    torch.manual_seed(1)
    backbone = PoseShuffleNetV2(
        0.5, num_extra_stages=1, norm_eval=norm_eval,
        frozen_stages=frozen_stages,
        act_cfg=dict(type='LeakyReLU', negative_slope=0.1, inplace=True))
    for module in backbone.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias)
            torch.nn.init.normal_(module.running_mean)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return backbone.double().train()


def loss_of(features):
    """A scalar to which every value of all maps adds in its own way."""
    return sum((f * torch.linspace(-1, 1, f.numel(), dtype=f.dtype).view_as(f)
                ).sum() + f.square().mean() for f in features)


@pytest.mark.parametrize('norm_eval', [True, False])
@pytest.mark.parametrize('frozen_stages', [-1, 0, 1])
def test_features_and_gradients_are_those_of_the_net(norm_eval, frozen_stages):
    plain = lively_backbone(norm_eval, frozen_stages)
    fast = copy.deepcopy(plain)
    images = torch.rand(2, 3, 64, 64, dtype=torch.float64)
    wanted, found = plain(images), fast_features(fast, images)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other)
    loss_of(wanted).backward()
    loss_of(found).backward()
    names = []
    for (name, one), other in zip(
            fast.named_parameters(), plain.parameters(), strict=True):
        assert (one.grad is None) == (other.grad is None), name
        if one.grad is not None:
            torch.testing.assert_close(one.grad, other.grad, msg=name)
            names.append(name)
    assert any('bn.weight' in name for name in names)
    for one, other in zip(fast.buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(one, other)


def test_gradients_agree_in_bfloat16():
    plain = lively_backbone(True, -1).float()
    fast = copy.deepcopy(plain)
    images = torch.rand(2, 3, 64, 64)
    gradients = []
    for model, run in (plain, plain), (fast, lambda x: fast_features(fast, x)):
        wrapper = build_optim_wrapper(model, dict(
            type='BFloat16OptimWrapper', optimizer=dict(type='SGD', lr=0.1)))
        with wrapper.optim_context(model):
            features = run(images)
        loss_of([f.float() for f in features]).backward()
        gradients.append(torch.cat([
            p.grad.flatten() for p in model.parameters()]))
    exact = lively_backbone(True, -1)
    loss_of(exact(images.double())).backward()
    exact = torch.cat([p.grad.flatten() for p in exact.parameters()])
    plain_error, fast_error = (
        ((g - exact).norm() / exact.norm()).item() for g in gradients)
    assert fast_error < 1.5 * plain_error < 0.5
