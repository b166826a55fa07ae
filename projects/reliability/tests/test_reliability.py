"""The page about reliability."""
from __future__ import annotations

import json

from projects.reliability.__main__ import PAGE, RESULT
from projects.reliability.page import render


def test_the_page_is_made_from_the_result():
    """Otherwise: python -m projects.reliability --page."""
    assert PAGE.read_text() == render(json.loads(RESULT.read_text()))


def test_counts_are_shown():
    page = render(dict(version='1', faults={
        'a fault': dict(trials=3, outcomes={'whole': 2, 'had ended': 1}),
        'another': dict(trials=1, outcomes={'whole': 1})}))
    assert '| a fault | 3 | had ended: 1, whole: 2 |' in page
    assert 'version 1, 4 trials' in page
