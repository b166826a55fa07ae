"""The optimizer against its published equations, restated with an SVD."""
from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
import torch.nn as nn
from mmengine.optim import build_optim_wrapper
from mmengine.registry import OPTIMIZERS

from sasd_mmpose.engine.optimizers import muon_adamw
from sasd_mmpose.engine.optimizers.muon_adamw import orthogonalize

LR, DECAY, MOMENTUM = 0.01, 0.1, 0.95


def small_net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16),
        nn.Conv2d(16, 16, 3, groups=16), nn.Conv2d(16, 8, 1))


def gradients(net: nn.Module, step: int) -> None:
    generator = torch.Generator().manual_seed(step)
    for param in net.parameters():
        param.grad = torch.randn(param.shape, generator=generator)


def build(params, **settings):
    return OPTIMIZERS.build(dict(
        type='MuonAdamW', params=params, lr=LR, weight_decay=DECAY,
        momentum=MOMENTUM, **settings))


def restated_orthogonal(matrix: np.ndarray) -> np.ndarray:
    """Apply Muon's polynomial to the singular values themselves."""
    u, s, v = np.linalg.svd(matrix, full_matrices=False)
    s = s / np.linalg.norm(s)
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    return u * s @ v


@pytest.fixture(autouse=True)
def in_float32(monkeypatch):
    """Compare in float32, whatever the processor is fast in."""
    monkeypatch.setattr(muon_adamw, 'has_amx', lambda: False)


@pytest.mark.parametrize('fast_in_bfloat16, bound', [(False, 1e-4), (True, 0.05)])
@pytest.mark.parametrize('shape', [(56, 56), (28, 288), (464, 56), (24, 27)])
def test_orthogonalize_is_the_polynomial_of_the_singular_values(
        shape, fast_in_bfloat16, bound, monkeypatch):
    monkeypatch.setattr(muon_adamw, 'has_amx', lambda: fast_in_bfloat16)
    matrices = np.random.default_rng(0).normal(size=(3, *shape))
    results = orthogonalize(torch.from_numpy(matrices).float())
    assert results.dtype == torch.float32
    for result, matrix in zip(results.numpy(), matrices, strict=True):
        wanted = restated_orthogonal(matrix)
        error = np.linalg.norm(result - wanted) / np.linalg.norm(wanted)
        assert error < bound
        values = np.linalg.svd(result, compute_uv=False)
        assert np.median(values) == pytest.approx(1, abs=0.35)


def test_orthogonalize_knows_neither_scale_nor_nothing():
    matrix = torch.randn(1, 8, 20)
    assert torch.allclose(
        orthogonalize(matrix), orthogonalize(matrix * 1e-4), atol=0.01)
    nothing = torch.zeros(1, 8, 20)
    assert torch.equal(orthogonalize(nothing), nothing)


def test_a_release_of_pytorch_that_does_not_know_amx(monkeypatch):
    monkeypatch.undo()
    monkeypatch.delattr(torch.cpu, '_is_amx_tile_supported', raising=False)
    assert muon_adamw.has_amx() is False


def test_steps_of_a_convolution_are_muons():
    net = small_net()
    optimizer = build(net.parameters())
    weights = {i: net[i].weight.detach().double().numpy() for i in (0, 3)}
    momenta = {i: np.zeros_like(weights[i]) for i in weights}
    for step in range(4):
        gradients(net, step)
        for i, weight in weights.items():
            gradient = net[i].weight.grad.double().numpy()
            momenta[i] = MOMENTUM * momenta[i] + (1 - MOMENTUM) * gradient
            nesterov = MOMENTUM * momenta[i] + (1 - MOMENTUM) * gradient
            matrix = nesterov.reshape(len(nesterov), -1)
            update = restated_orthogonal(matrix).reshape(weight.shape)
            update *= 0.2 * max(matrix.shape)**0.5
            weights[i] = weight - LR * (update + DECAY * weight)
        optimizer.step()
    for i, weight in weights.items():
        assert np.abs(net[i].weight.detach().numpy() - weight).max() < 1e-5
        assert np.abs(small_net()[i].weight.detach().numpy()
                      - weight).max() > 1e-2


def test_all_else_is_adamws():
    net, plain = small_net(), small_net()
    optimizer = build(net.parameters())
    adamw = torch.optim.AdamW(plain.parameters(), lr=LR, weight_decay=DECAY)
    for step in range(3):
        for model, rule in ((net, optimizer), (plain, adamw)):
            gradients(model, step)
            rule.step()
    equal = {name for (name, p), q in zip(
        net.named_parameters(), plain.parameters()) if torch.equal(p, q)}
    assert equal == {'0.bias', '1.weight', '1.bias', '2.weight', '2.bias',
                     '3.bias'}


def test_gradients_are_left_as_they_were():
    net = small_net()
    gradients(net, 0)
    before = [param.grad.clone() for param in net.parameters()]
    build(net.parameters()).step()
    assert all(torch.equal(param.grad, grad)
               for param, grad in zip(net.parameters(), before))


def test_a_config_leaves_the_predictions_to_adamw():
    net = small_net()
    wrapper = build_optim_wrapper(net, dict(
        type='OptimWrapper',
        optimizer=dict(type='MuonAdamW', lr=LR),
        paramwise_cfg=dict(custom_keys={'3.': dict(orthogonal=False)})))
    gradients(net, 0)
    wrapper.optimizer.step()
    states = wrapper.optimizer.state
    assert set(states[net[0].weight]) == {'step', 'momentum'}
    assert 'exp_avg' in states[net[3].weight]


def test_a_resumed_optimizer_goes_on_as_the_unbroken_one():
    whole = small_net()
    optimizer = build(whole.parameters())
    for step in range(2):
        gradients(whole, step)
        optimizer.step()
    resumed = copy.deepcopy(whole)
    again = build(resumed.parameters())
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for model, rule in ((whole, optimizer), (resumed, again)):
        gradients(model, 2)
        rule.step()
    assert all(torch.equal(p, q) for p, q in zip(
        whole.parameters(), resumed.parameters()))


def test_a_closure_is_called_with_gradients():
    net = small_net()
    optimizer = build(net.parameters())

    def closure() -> float:
        optimizer.zero_grad()
        loss = net(torch.ones(2, 3, 8, 8)).square().mean()
        loss.backward()
        return loss.item()

    assert optimizer.step(closure) > optimizer.step(closure)
