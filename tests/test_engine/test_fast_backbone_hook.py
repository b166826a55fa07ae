"""Training through the faster backbone is training through the backbone."""
from __future__ import annotations

import torch
from mmengine.runner import Runner
from small_nets import training_cfg

from sasd_mmpose.engine.hooks import ImagesPerHourHook
from sasd_mmpose.models.backbones import PoseShuffleNetV2


def weights(model: torch.nn.Module) -> torch.Tensor:
    """All parameters in one vector."""
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def trained(work_dir, monkeypatch, fast: bool) -> tuple[Runner, torch.Tensor]:
    """Train some steps with the backbone's batch norms fixed.

    Returns the runner, and by how much each parameter has changed.
    """
    calls = []
    forward = PoseShuffleNetV2.forward
    monkeypatch.setattr(
        PoseShuffleNetV2, 'forward',
        lambda self, x: calls.append(self.training) or forward(self, x))
    cfg = training_cfg(work_dir)
    cfg.model.backbone.norm_eval = True
    if fast:
        cfg.custom_hooks.append(dict(type='FastBackboneHook'))
    runner = Runner.from_cfg(cfg)
    runner.model.init_weights()
    start = weights(runner.model)
    runner.model.init_weights = lambda: None
    runner.train()
    assert (True in calls) != fast
    return runner, weights(runner.model) - start


def test_the_weights_end_where_the_plain_ones_do(tmp_path, monkeypatch):
    (plain, wanted), (fast, found) = (
        trained(tmp_path / str(on), monkeypatch, on) for on in (False, True))
    assert (found - wanted).norm() < 1e-3 * wanted.norm()
    plain, fast = plain.model, fast.model
    # Afterwards the backbone is what it was.
    fast.load_state_dict(plain.state_dict())
    images = torch.rand(1, 3, 64, 64)
    for one, other in zip(fast.backbone(images), plain.backbone(images)):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_the_rate_is_logged(tmp_path, monkeypatch):
    times = iter((0.0, 7.2, 10.0, 13.6))
    monkeypatch.setattr(
        'sasd_mmpose.engine.hooks.images_per_hour_hook.time.monotonic',
        lambda: next(times))
    cfg = training_cfg(tmp_path)
    lines = []
    hook = ImagesPerHourHook()
    runner = Runner.from_cfg(cfg)
    monkeypatch.setattr(runner.logger, 'info', lines.append)
    for _ in range(2):
        hook.before_train_epoch(runner)
        for count in 16, 8:
            hook.after_train_iter(runner, 0, dict(data_samples=[None] * count))
        hook.after_train_epoch(runner)
    assert '12000 images an hour' in lines[0]
    assert '24000 images an hour' in lines[1]


