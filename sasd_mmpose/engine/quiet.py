"""Leaving out log messages for a while."""
from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from mmengine.logging import MMLogger


@contextmanager
def quiet_logs(level: int) -> Iterator[None]:
    """Leave out messages of this level and below, of all loggers.

    Args:
        level (int): Such as ``logging.WARNING``.
    """
    before = logging.root.manager.disable
    logging.disable(max(level, before))
    try:
        yield
    finally:
        logging.disable(before)
        forget_disabled()


def forget_disabled() -> None:
    """Let MMEngine's loggers see that logging is enabled again.

    They remember what was disabled when it was logged, and ``logging.disable``
    does not reach them; setting a level does.
    """
    logger = MMLogger.get_current_instance()
    logger.setLevel(logger.level)
