"""The rate falls to the end of a budget of CPU time, which ends the training."""
from __future__ import annotations

from types import SimpleNamespace

import pytest

from projects.paper_tables import cpu_budget_hook as module
from projects.paper_tables.cpu_budget_hook import CPUBudgetHook
from projects.paper_tables.time_limit_hook import TimeLimitReached


def test_the_rate_falls_and_the_training_ends(monkeypatch):
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module.time, 'process_time', lambda: clock.now)
    groups = [dict(lr=0.5, initial_lr=1.0), dict(lr=0.05, initial_lr=0.1)]
    runner = SimpleNamespace(
        optim_wrapper=SimpleNamespace(param_groups=groups))
    hook = CPUBudgetHook(minutes=10, decay_share=0.4)
    hook.before_train(runner)

    def rates(minutes: float) -> list[float]:
        clock.now = 100.0 + 60 * minutes
        hook.before_train_iter(runner, 0)
        return [group['lr'] for group in groups]

    assert rates(0) == rates(5.9) == [0.5, 0.05]
    assert rates(8) == pytest.approx([0.5, 0.05])
    assert rates(9) == pytest.approx([0.25, 0.025])
    hook.after_train_iter(runner, 0)
    assert rates(10.5) == pytest.approx([0.01, 0.001])
    with pytest.raises(TimeLimitReached):
        hook.after_train_iter(runner, 0)
