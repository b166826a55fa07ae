"""What is kept of a training goes on as a start, and says where it stands."""
from __future__ import annotations

import json

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from small_nets import training_cfg
from tool_loader import command

from projects.paper_tables.run_record import epochs_of, hours_of, read_earlier
from projects.paper_tables.tools.keep_progress import joined
from sasd_mmpose import InputError

TOOL = 'projects.paper_tables.tools.keep_progress'


def run(work_dir, **changes) -> Runner:
    """Build a small run of the recipe."""
    cfg = training_cfg(work_dir, name='sasd_xs_pose_mix')
    cfg.model.backbone.init_cfg = None
    cfg.merge_from_dict(changes)
    return Runner.from_cfg(cfg)


class Start(Hook):
    """Remembers the weights that a training starts from."""

    def before_train(self, runner) -> None:
        self.weights = {name: value.clone()
                        for name, value in runner.model.state_dict().items()}


def test_weights_and_record(tmp_path, monkeypatch):
    runner = run(tmp_path / 'run')
    runner.train()
    kept = tmp_path / 'kept'
    assert not command(TOOL, monkeypatch)(tmp_path / 'run', kept)

    record = json.loads((kept / 'record.json').read_text())
    assert (record['epoch'], record['iterations'], record['images']) == (1, 2, 4)
    assert record['images_per_hour'] > 0 and record['validations'] == []

    again = tmp_path / 'again'
    command(TOOL, monkeypatch)(
        tmp_path / 'run', again, '--after', kept / 'record.json')
    total = json.loads((again / 'record.json').read_text())
    assert (total['epoch'], total['iterations'], total['images']) == (2, 4, 8)
    assert total['hours'] == pytest.approx(2 * record['hours'], abs=0.01)

    saved = torch.load(tmp_path / 'run/epoch_1.pth', weights_only=False)
    weights = torch.load(kept / 'weights.pth', weights_only=True)['state_dict']
    for name, value in saved['state_dict'].items():
        if name.startswith('aux_level.'):
            assert name not in weights
        else:
            torch.testing.assert_close(
                weights[name].to(value.dtype), value, rtol=1e-3, atol=1e-7)
    assert weights['backbone.conv1.conv.weight'].dtype == torch.half

    started = run(tmp_path / 'next', load_from=str(kept / 'weights.pth'))
    start = Start()
    started.register_hook(start)
    started.train()
    for name, value in weights.items():
        assert torch.equal(start.weights[name], value.to(start.weights[name].dtype))


def test_an_epoch_in_which_the_run_stood_still_counts_as_a_usual_one(tmp_path):
    log = tmp_path / 'run' / '1' / '1.log'
    log.parent.mkdir(parents=True)
    log.write_text('\n'.join(
        f'epoch {epoch}: {rate} images an hour, {10 * epoch} iterations'
        for epoch, rate in ((2, 1000), (3, 1000), (4, 50), (5, 800))))
    epochs = epochs_of(tmp_path / 'run')
    # Two epochs of 160 images before the log begins, at the rate of the second.
    assert hours_of(epochs, 16) == pytest.approx(
        320 / 1000 + 160 / 1000 + 160 / 900 + 160 / 800)
    assert len(epochs_of(tmp_path / 'run', last=3)) == 2
    assert hours_of([], 16) == 0


def test_validations_count_on_from_the_training_before():
    def part(**numbers) -> dict:
        return dict(epoch=6, iterations=60, images=960, hours=2.0, commit='x',
                    validations=[dict(step=4, AP=0.1)]) | numbers

    total = joined(part(), part(hours=1.0, commit='y'))
    assert total == dict(
        epoch=12, iterations=120, images=1920, hours=3.0, commit='y',
        images_per_hour=640,
        validations=[dict(step=4, AP=0.1), dict(step=10, AP=0.1)])


def test_after_no_record(tmp_path):
    path = tmp_path / 'record.json'
    for content in '{', '[]', '{"epoch": 3}':
        path.write_text(content)
        with pytest.raises(InputError, match='record.json: does not say epoch and'):
            read_earlier(path, ('epoch', 'hours'))


def test_without_a_checkpoint(tmp_path, monkeypatch):
    with pytest.raises(InputError, match='no checkpoint yet'):
        command(TOOL, monkeypatch)(tmp_path, tmp_path / 'kept')
