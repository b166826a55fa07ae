"""Training ends when its time is over, and not before."""
from __future__ import annotations

from unittest.mock import Mock

import pytest

from projects.paper_tables.time_limit_hook import TimeLimitHook, TimeLimitReached


def test_it_waits_for_its_time(monkeypatch):
    now = 100.0
    monkeypatch.setattr('time.monotonic', lambda: now)
    hook = TimeLimitHook(minutes=2)
    runner = Mock(epoch=0, max_epochs=2)
    hook.before_train(runner)
    now = 219.0
    hook.after_train_iter(runner, 0)
    now = 220.0
    with pytest.raises(TimeLimitReached):
        hook.after_train_iter(runner, 1)
    runner.logger.warning.assert_called_once_with(
        'stopped after 2 minutes, in epoch 1 of 2')
