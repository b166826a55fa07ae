"""The One-Euro filter steadies keypoints and lags little."""
from __future__ import annotations

import math

import numpy as np
import pytest

from projects.synthetic_people.found_people import walk
from projects.synthetic_people.tracking_scores import steadiness
from sasd_mmpose.inference.person import Person
from sasd_mmpose.inference.smoothing import PoseSmoother


def scalar_one_euro(values, times, min_cutoff, beta):
    """The algorithm of the paper, for one coordinate and plain numbers."""
    def alpha(cutoff, elapsed):
        tau = 1 / (2 * math.pi * cutoff)
        return 1 / (1 + tau / elapsed)

    last, speed, out = values[0], 0.0, [values[0]]
    for previous, now, value in zip(times, times[1:], values[1:]):
        elapsed = now - previous
        a = alpha(1.0, elapsed)
        speed = a * (value - last) / elapsed + (1 - a) * speed
        a = alpha(min_cutoff + beta * abs(speed), elapsed)
        last = a * value + (1 - a) * last
        out.append(last)
    return out


def person(points: np.ndarray) -> Person:
    return Person(np.array([0., 0., 16., 4.]), 0.9, points, np.ones(len(points)))


def test_each_coordinate_is_filtered_as_in_the_paper():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(30, 3, 2)).cumsum(0)
    times = np.cumsum(rng.uniform(0.01, 0.1, 30))
    smoother = PoseSmoother(min_cutoff=2.0, beta=4.0)
    found = [smoother.update([person(p)], [7], t)[0].keypoints
             for p, t in zip(points, times)]
    for k in range(3):
        for axis in range(2):
            # The box of 16 x 4 pixels has the size 8.
            wanted = scalar_one_euro(
                list(points[:, k, axis]), list(times), 2.0, 4.0 / 8)
            np.testing.assert_allclose(np.array(found)[:, k, axis], wanted)


def test_people_are_filtered_each_by_itself_and_strangers_not_at_all():
    smoother = PoseSmoother()
    zero, one = np.zeros((2, 2)), np.ones((2, 2))
    smoother.update([person(zero), person(one)], [1, 2], 0)
    first, second, third = smoother.update(
        [person(one), person(zero), person(one)], [2, 1, None], 0.04)
    assert (first.keypoints == one).all() and (second.keypoints == zero).all()
    assert (third.keypoints == one).all()


def test_after_a_gap_it_begins_anew():
    smoother = PoseSmoother(max_gap=0.5)
    smoother.update([person(np.zeros((2, 2)))], [1], 0)
    far = np.full((2, 2), 50.)
    assert (smoother.update([person(far)], [1], 0.6)[0].keypoints == far).all()


@pytest.mark.slow
def test_jitter_of_walking_people_falls_and_so_does_the_error():
    found = [walk(seed=1, num_people=3, frames=80, noise=0.02, missed=0)[1]]
    before, after = steadiness(found, None), steadiness(found, PoseSmoother)
    assert after['jitter'] < 0.6 * before['jitter']
    assert after['error'] < before['error']
