"""Whole trainings in small: the two stages, and resuming one."""
from __future__ import annotations

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from small_nets import training_cfg

EPOCHS = 3
# The twin takes part from the third epoch on.
WARMUP_EPOCHS = 2
ITERS_PER_EPOCH = 2


class LossRecorder(Hook):
    """Keeps every loss of every iteration."""

    def __init__(self) -> None:
        self.losses: dict[int, dict[str, float]] = {}

    def after_train_iter(self, runner, batch_idx, data_batch=None,
                         outputs=None) -> None:
        self.losses[runner.iter] = {
            name: float(value) for name, value in outputs.items()}


def train(work_dir, **kwargs):
    """Train with the paper's recipe, shortened; return runner and losses."""
    cfg = training_cfg(work_dir, EPOCHS)
    for hook in cfg.custom_hooks:
        if hook.type == 'SASDStageHook':
            hook.warmup_epochs = WARMUP_EPOCHS
    warmup, momentum, cosine = cfg.param_scheduler
    warmup.end = momentum.end = cosine.begin = 1
    cosine.end = EPOCHS
    cfg.update(kwargs)
    runner, recorder = Runner.from_cfg(cfg), LossRecorder()
    runner.register_hook(recorder)
    runner.train()
    return runner, recorder.losses


@pytest.fixture(scope='module')
def unbroken(tmp_path_factory):
    work_dir = tmp_path_factory.mktemp('unbroken')
    return work_dir, *train(work_dir)


def test_the_twin_takes_part_after_the_warm_up(unbroken):
    work_dir, _, losses = unbroken
    assert sorted(losses) == list(range(EPOCHS * ITERS_PER_EPOCH))
    for step, values in losses.items():
        twin = step >= WARMUP_EPOCHS * ITERS_PER_EPOCH
        assert ('loss_distill' in values) == twin
        assert ('high.loss_oks' in values) == twin
    name = 'aux_level.head.conv.conv.weight'
    first, second, third = (
        torch.load(work_dir / f'epoch_{epoch}.pth', weights_only=True)
        ['state_dict'][name] for epoch in (1, 2, 3))
    assert torch.equal(first, second) and not torch.equal(second, third)


# Broken off within the warm-up and at its end.
@pytest.mark.parametrize('epochs_done', [1, 2])
def test_a_resumed_training_goes_on_as_if_never_broken_off(
        unbroken, tmp_path, epochs_done):
    work_dir, whole, wanted = unbroken
    resumed, losses = train(
        tmp_path, load_from=str(work_dir / f'epoch_{epochs_done}.pth'),
        resume=True)
    start = epochs_done * ITERS_PER_EPOCH
    assert losses == {
        step: values for step, values in wanted.items() if step >= start}
    for name, value in whole.model.state_dict().items():
        assert torch.equal(resumed.model.state_dict()[name], value), name
    # What is deployed are the averaged weights: they must agree as well.
    last = [torch.load(folder / f'epoch_{EPOCHS}.pth', weights_only=True)
            for folder in (work_dir, tmp_path)]
    for name, value in last[0]['state_dict'].items():
        assert torch.equal(last[1]['state_dict'][name], value), name
