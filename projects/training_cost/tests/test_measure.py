"""Workers time one thing each in a process of their own."""
from __future__ import annotations

from pathlib import Path

import pytest

from projects.training_cost.measure import ROOT, Worker, compare_pipelines
from sasd_mmpose.errors import InputError


def test_a_worker_that_gives_up_is_named():
    with (Worker(ROOT, ['no_such_pipeline']) as worker,
          pytest.raises(InputError, match='no_such_pipeline: gave up')):
        worker.time(1)


@pytest.mark.slow
def test_checkouts_take_turns(coco_mini):
    rows = compare_pipelines('input_512', [ROOT, Path(ROOT)], 2, 2)
    assert [row['turns'] for row in rows] == [2, 2]
    assert rows[0]['ratio'] == 1 and rows[0]['ms'] > 0
