"""The page of training costs adds up what was measured."""
from __future__ import annotations

import pytest

from projects.training_cost.measure import summary
from projects.training_cost.report import recipe_hours, render


def row(ms: float, **facts) -> dict:
    return dict(ms=ms, ms_low=ms - 1, ms_high=ms + 1, turns=3, **facts)


@pytest.fixture
def result() -> dict:
    steps = [row(10 * size / 256 * (4 if twin else 1), size=size,
                 precision=precision, twin=twin)
             for size in (256, 512) for precision in ('fp32', 'bf16')
             for twin in (False, True)]
    return dict(
        date='2026-01-02', cpu='A processor', cores=2, load=0.5, torch='2.0',
        turns=3, count=4, batch_size=16, steps=steps,
        pipelines=dict(input_512=[row(20.0, checkout='before', ratio=1.0),
                                  row(5.0, checkout='this one', ratio=0.25)]))


def test_summary_is_in_milliseconds():
    assert summary([0.001, 0.002, 0.003, 0.004, 0.005]) == dict(
        ms=3.0, ms_low=1.5, ms_high=4.5, turns=5)
    assert summary([0.25])['ms_low'] == 250


def test_hours_of_the_recipe(result):
    """100 epochs without the twin, 300 with it, of 57,000 images."""
    hours = recipe_hours(result, 'fp32')
    assert hours['pipeline'] == pytest.approx(400 * 57_000 * 0.005 / 3600)
    assert hours['step'] == pytest.approx(
        57_000 * (100 * 0.020 + 300 * 0.080) / 3600)


def test_page_says_what_was_measured_on_what(result):
    page = render(result)
    assert 'A processor' in page and '2026-01-02' in page
    assert '| `input_512` | this one | 5.0 (4.0 to 6.0) | 200 | 0.25 |' in page
    assert '| 512 | bf16 | yes | 80.0 (79.0 to 81.0) | 12.5 |' in page
    assert '22.8 million samples' in page
