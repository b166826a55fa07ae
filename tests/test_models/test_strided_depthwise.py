"""The convolution against PyTorch's own in float64."""
from __future__ import annotations

import pytest
import torch
import torch.nn as nn

from sasd_mmpose.models.backbones import is_strided_depthwise, strided_depthwise


def depthwise(**settings) -> nn.Conv2d:
    torch.manual_seed(0)
    return nn.Conv2d(6, 6, groups=6, **settings)


@pytest.mark.parametrize('size', [(9, 12), (8, 7), (5, 5)])
@pytest.mark.parametrize('settings', [
    dict(kernel_size=3, stride=2, padding=1),
    dict(kernel_size=3, stride=2, padding=0, bias=False),
    dict(kernel_size=5, stride=(2, 3), padding=(2, 1)),
    dict(kernel_size=2, stride=3),
])
@pytest.mark.parametrize('image_grad', [True, False])
def test_output_and_gradients_are_pytorchs(size, settings, image_grad):
    conv = depthwise(**settings)
    exact = depthwise(**settings).double()
    x = torch.randn(2, 6, *size).bfloat16().float().requires_grad_(image_grad)
    conv.weight.data = conv.weight.data.bfloat16().float()
    exact.load_state_dict(conv.state_dict())
    with torch.autocast('cpu', torch.bfloat16):
        found = strided_depthwise(conv, x, conv.weight, conv.bias)
    wanted_x = x.detach().double().requires_grad_()
    wanted = exact(wanted_x)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.double(), wanted, rtol=0.02, atol=0.02)
    slope = torch.randn(wanted.shape).bfloat16()
    found.backward(slope)
    wanted.backward(slope.double())
    pairs = list(zip(conv.parameters(), exact.parameters(), strict=True))
    if image_grad:
        pairs.append((x, wanted_x))
    for one, other in pairs:
        error = (one.grad - other.grad).norm() / other.grad.norm()
        assert error < 0.01


def test_only_depthwise_convolutions_with_a_stride_are_meant():
    assert is_strided_depthwise(depthwise(kernel_size=3, stride=2))
    assert not is_strided_depthwise(depthwise(kernel_size=3))
    assert not is_strided_depthwise(
        depthwise(kernel_size=3, stride=2, dilation=2))
    assert not is_strided_depthwise(nn.Conv2d(6, 6, 3, stride=2))
    assert not is_strided_depthwise(nn.Conv2d(6, 6, 3, stride=2, groups=2))
    assert not is_strided_depthwise(nn.Conv2d(6, 12, 3, stride=2, groups=6))
    assert not is_strided_depthwise(nn.Linear(6, 6))
