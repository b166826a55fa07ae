"""Slices and a convolution, folded into one convolution."""
from __future__ import annotations

import torch
import torch.nn as nn
from mmpose.models.backbones.csp_darknet import Focus

from projects.benchmark.focus import fold_focus


def test_a_folded_focus_gives_the_same_maps():
    net = nn.Sequential(Focus(3, 8, kernel_size=3), nn.Conv2d(8, 4, 1)).eval()
    image = torch.rand(2, 3, 20, 14)
    with torch.no_grad():
        expected = net(image)
        fold_focus(net)
        found = net(image)
    assert not any(isinstance(m, Focus) for m in net.modules())
    assert found.shape == expected.shape == (2, 4, 10, 7)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
