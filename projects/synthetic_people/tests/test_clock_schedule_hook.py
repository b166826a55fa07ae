"""Stage and rate follow the clock, and go on with the time that was left."""
from __future__ import annotations

from types import SimpleNamespace

import pytest
from mmengine.logging import MessageHub

from projects.synthetic_people import clock_schedule_hook
from projects.synthetic_people.clock_schedule_hook import ClockScheduleHook


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(clock_schedule_hook, 'time', clock)
    return clock


def make_runner(tmp_path, name: str) -> SimpleNamespace:
    return SimpleNamespace(
        model=SimpleNamespace(distilling=None),
        iter=0,
        epoch=0,
        work_dir=str(tmp_path),
        logger=SimpleNamespace(info=lambda text: None),
        message_hub=MessageHub.get_instance(name),
        train_loop=SimpleNamespace(stop_training=False),
        optim_wrapper=SimpleNamespace(param_groups=[dict(lr=0.1)]),
        saved=[],
        save_checkpoint=None)


@pytest.fixture
def runner(tmp_path, request):
    runner = make_runner(tmp_path, request.node.name)
    runner.save_checkpoint = lambda folder, name, **kwargs: runner.saved.append(
        (name, runner.iter))
    return runner


def rate(hook, runner) -> float:
    hook.before_train_iter(runner, 0)
    return runner.optim_wrapper.param_groups[0]['lr']


def test_twin_comes_in_for_the_last_third(clock, runner):
    hook = ClockScheduleHook(minutes=10)
    hook.before_train(runner)
    clock.now += 399
    hook.before_train_epoch(runner)
    assert runner.model.distilling is False and not runner.saved
    clock.now += 2
    runner.iter = 70
    hook.before_train_epoch(runner)
    assert runner.model.distilling is True
    runner.iter = 80
    hook.before_train_epoch(runner)
    assert runner.saved == [('before_twin.pth', 70)]


def test_rate_rises_by_steps_and_falls_by_the_clock(clock, runner):
    hook = ClockScheduleHook(minutes=10, decay_share=0.5)
    hook.before_train(runner)
    assert rate(hook, runner) == pytest.approx(0.1 / 50)
    runner.iter = 200
    assert rate(hook, runner) == pytest.approx(0.1)
    clock.now += 450
    assert rate(hook, runner) == pytest.approx(0.1 * 0.25 / 0.5)
    clock.now += 600
    assert rate(hook, runner) == pytest.approx(0.001)


def test_training_ends_after_the_time_but_not_before_the_twin(clock, runner):
    hook = ClockScheduleHook(minutes=10)
    hook.before_train(runner)
    hook.before_train_epoch(runner)
    clock.now += 700
    hook.after_train_epoch(runner)
    assert not runner.train_loop.stop_training
    hook.before_train_epoch(runner)
    hook.after_train_epoch(runner)
    assert runner.train_loop.stop_training


def test_a_resumed_run_has_the_time_that_was_left(clock, runner):
    first = ClockScheduleHook(minutes=10)
    first.before_train(runner)
    clock.now += 300
    first.after_train_epoch(runner)
    clock.now += 5000
    second = ClockScheduleHook(minutes=10)
    second.before_train(runner)
    assert second.left == pytest.approx(0.5)
    assert not runner.train_loop.stop_training
