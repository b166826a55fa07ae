"""Heatmaps against a plain re-statement, and their place in the model."""
from __future__ import annotations

import math

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from small_nets import build, model_cfg, people

from sasd_mmpose.models import deployed_cfg, prune_state_dict
from sasd_mmpose.models.losses.keypoint_heatmap_loss import heatmap_targets
from sasd_mmpose.models.task_modules import GroundTruth

STRIDE = 8


@pytest.fixture()
def truth():
    return GroundTruth.from_samples(people([2, 0, 3], (96, 64)), 17)


def test_targets(truth):
    sigmas = torch.linspace(0.02, 0.12, 17)
    shape = torch.Size((3, 17, 8, 12))
    target, mask = heatmap_targets(truth, sigmas, STRIDE, shape)
    for n, k, row, col in torch.ones(shape).nonzero().tolist():
        best, known = 0.0, 1.0
        for person in (truth.image == n).nonzero()[:, 0].tolist():
            cx, cy, w, h = truth.boxes[person].tolist()
            if not truth.visible[person, k]:
                x0, y0 = col * STRIDE, row * STRIDE
                if (x0 + STRIDE > cx - w / 2 and x0 < cx + w / 2
                        and y0 + STRIDE > cy - h / 2 and y0 < cy + h / 2):
                    known = 0.0
                continue
            x, y = truth.keypoints[person, k].tolist()
            deviation = max(
                2 * sigmas[k].item() * math.sqrt(0.53 * w * h) / STRIDE, 0.5)
            square = (math.floor(x / STRIDE) - col)**2 + (
                math.floor(y / STRIDE) - row)**2
            best = max(best, math.exp(-square / 2 / deviation**2))
        assert target[n, k, row, col].item() == pytest.approx(best, abs=1e-6)
        known = 1.0 if best == 1 else known
        assert mask[n, k, row, col].item() == known
    assert (target == 1).any() and (mask == 0).any()


def test_learning_finds_the_keypoints(truth):
    init_default_scope('mmpose')
    loss = MODELS.build(dict(
        type='KeypointHeatmapLoss', metainfo=model_cfg().head.metainfo,
        in_channels=32))
    loss.init_weights()
    levels = (torch.randn(3, 32, 8, 12, requires_grad=True), )
    optimizer = torch.optim.Adam([*loss.parameters(), *levels], lr=0.05)
    values = []
    for _ in range(200):
        value = loss(levels, truth, (STRIDE, ))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        values.append(value.item())
    assert values[-1] < 0.1 * values[0]
    target, _ = heatmap_targets(truth, loss.sigmas, STRIDE, (3, 17, 8, 12))
    scores = loss.out(levels[0]).sigmoid()
    assert scores[target == 1].min() > 0.5


def test_it_trains_the_neck_and_is_gone_from_the_deployed_net():
    cfg = model_cfg(aux_heatmap=dict(type='KeypointHeatmapLoss', loss_weight=2.0))
    model = build(cfg).train()
    model.distilling = False
    losses = model.loss(torch.rand(2, 3, 64, 64), people([1, 2]))
    losses['loss_heatmap'].backward()
    assert model.neck.top_down[-1].final_conv.conv.weight.grad.abs().sum() > 0

    deployed = MODELS.build(deployed_cfg(cfg))
    pruned = prune_state_dict(model.state_dict())
    assert not any('heatmap' in name for name in pruned)
    deployed.load_state_dict(pruned, strict=True)
    without = MODELS.build(deployed_cfg(model_cfg()))
    assert without.state_dict().keys() == deployed.state_dict().keys()
