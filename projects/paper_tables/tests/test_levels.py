"""What each level of each twin contributes."""
from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from small_nets import CONFIGS, build, people
from tool_loader import command

from projects.paper_tables.levels import (
    View,
    _instances,
    gradient_shares,
    load_trained,
    make_views,
    measure_levels,
    sized,
    twin_maps,
)
from sasd_mmpose import InputError
from sasd_mmpose.models.task_modules import GroundTruth

CONFIG = f"""
_base_ = '{CONFIGS.as_posix()}/sasd_xs_synthetic.py'
input_size = (64, 64)
train_dataloader = dict(batch_size=2, dataset=dict(
    num_images=4, cache=4, image_size=input_size, pipeline=[
        _base_.load, _base_.drop_unlabelled, _base_.encode, _base_.pack]))
val_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False,
    dataset=dict(num_images=3, cache=3, pipeline=[
        _base_.load, dict(type='PoseResize', input_size=input_size),
        _base_.pack_test]))
test_dataloader = val_dataloader
"""


@pytest.fixture(scope='module')
def config(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp('levels') / 'net.py'
    path.write_text(CONFIG)
    return path


@pytest.fixture
def cfg(config) -> Config:
    return Config.fromfile(config)


@pytest.fixture
def model(cfg):
    return build(cfg.model).eval()


def test_views_of_both_twins(cfg, model):
    wanted = ['P3 P4 P5', 'P3', 'P4', 'P5', "P'4 P'5 P'6", "P'4", "P'5", "P'6"]
    assert [view.name for view in make_views(model)] == wanted
    cfg.model.aux_level = False
    names = [view.name for view in make_views(build(cfg.model))]
    assert names == [*wanted[:4], "P'4 P'5", "P'4", "P'5"]
    cfg.model.type = 'DirectDistiller'
    cfg.model.pop('aux_level')
    assert [v.name for v in make_views(build(cfg.model))] == wanted[:4]


@torch.no_grad()
def test_all_levels_predict_as_the_net_does(model):
    inputs = torch.rand(2, 3, 64, 64)
    model.test_cfg.flip_test = False
    wanted = model.head.predict(
        model.extract_feat(inputs), [], model.test_cfg)
    found = _instances(
        model, make_views(model)[0], twin_maps(model, inputs, 'base'))
    for a, b in zip(wanted, found, strict=True):
        assert (a.bboxes == b.bboxes).all() and len(a) == len(b) > 0


@torch.no_grad()
def test_the_teacher_speaks_in_pixels_of_the_student(model):
    """Paired levels have equal grids, and the maps are those of training."""
    inputs = torch.rand(1, 3, 64, 64)
    base, high = (twin_maps(model, inputs, twin) for twin in ('base', 'high'))
    assert [m.shape for m in base] == [m.shape for m in high]
    enlarged = torch.nn.functional.interpolate(
        inputs, scale_factor=2, mode='bilinear')
    truth = GroundTruth.from_samples(people((1, )), 17)
    targets = model.head.targets(truth, base)
    wanted = model.forward_high(enlarged, truth, targets).maps
    assert all(torch.equal(a, b) for a, b in zip(high, wanted, strict=True))
    boxes = _instances(model, View('', 'high', (2, )), [high[2]])[0].bboxes
    assert boxes.mean() < 64


def test_shares_follow_the_level_that_is_sure(cfg, model):
    for level, bias in zip(model.head.levels, (-20, 20, -20), strict=True):
        objectness = level.out.bias.data.view(3, -1)[:, 4]
        objectness.fill_(bias)
    report = measure_levels(cfg, model, 64)
    assert report['shares'] == {'P3': 0.0, 'P4': 1.0, 'P5': 0.0}
    assert report['images'] == 3
    assert set(report['ap']) == {view.name for view in make_views(model)}
    assert all(0 <= ap <= 1 for ap in report['ap'].values())


def test_gradient_shares(cfg):
    cfg.model.head.criterion.loss_skeleton.loss_weight = 0.0
    model = build(cfg.model)
    shares = gradient_shares(cfg, model, num_batches=2)
    assert sum(shares.values()) == pytest.approx(1, abs=1e-3)
    assert shares['loss_skeleton'] == shares['high.loss_skeleton'] == 0
    assert shares['loss_distill'] > 0 and shares['loss_oks'] > 0
    assert not model.training
    assert all(p.grad is None for p in model.parameters())


def test_bad_input(cfg, model, tmp_path):
    with pytest.raises(InputError, match='must be a multiple'):
        sized(cfg, 100)
    pruned = {name: value for name, value in model.state_dict().items()
              if not name.startswith('aux_level')}
    torch.save(dict(state_dict=pruned), tmp_path / 'pruned.pth')
    with pytest.raises(InputError, match='pruned.pth: pruned: aux_level'):
        load_trained(cfg, tmp_path / 'pruned.pth')


@pytest.mark.slow
def test_the_command(config, model, monkeypatch, tmp_path, capsys):
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'epoch_1.pth')
    out = tmp_path / 'new' / 'levels.json'
    command('projects.paper_tables.tools.levels', monkeypatch)(
        config, tmp_path / 'epoch_1.pth', out, '--sizes', 64, 96,
        '--batches', 1)
    report = json.loads(out.read_text())
    assert [entry['size'] for entry in report['levels']] == [64, 96]
    assert out.with_suffix('.png').stat().st_size > 10_000
    said = capsys.readouterr().out
    assert "P'4 P'5 P'6" in said and 'loss_distill' in said
