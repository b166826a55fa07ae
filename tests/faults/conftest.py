"""The record of the trials, which `python -m projects.reliability` writes down."""
from __future__ import annotations

import json
import os
from collections import Counter

import pytest

from sasd_mmpose.version import __version__

RECORD = 'RELIABILITY_RECORD'


@pytest.fixture(scope='session')
def outcomes():
    """Counts the outcomes of the trials of each fault.

    A trial that breaks a promise fails its test; so what is counted here are
    trials that kept it.
    """
    found: dict[str, Counter] = {}
    yield lambda fault, outcome: found.setdefault(fault, Counter()).update([outcome])
    if RECORD in os.environ:
        with open(os.environ[RECORD], 'w') as file:
            json.dump(dict(version=__version__, faults={
                fault: dict(trials=sum(counts.values()), outcomes=dict(counts))
                for fault, counts in found.items()}), file, indent=2)
            file.write('\n')
