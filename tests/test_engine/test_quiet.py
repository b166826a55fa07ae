"""Messages that are left out for a while, and come again."""
from __future__ import annotations

import logging

from mmengine.logging import MMLogger, print_log

from sasd_mmpose.engine.quiet import quiet_logs


def test_mmengine_logs_again_what_was_left_out():
    logger = MMLogger.get_instance('test_quiet', log_level='INFO')
    heard = []
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: heard.append(record.getMessage())
    logger.addHandler(handler)
    try:
        with quiet_logs(logging.WARNING):
            with quiet_logs(logging.INFO):
                print_log('inner', logger, logging.WARNING)
            print_log('outer', logger, logging.WARNING)
            print_log('wrong', logger, logging.ERROR)
        print_log('after', logger, logging.WARNING)
    finally:
        logger.removeHandler(handler)
    assert heard == ['wrong', 'after']
