"""Identities last while people walk, cross and hide each other."""
from __future__ import annotations

import numpy as np
import pytest

from projects.synthetic_people.found_people import FPS, walk
from projects.synthetic_people.tracking_scores import (
    by_box_corners,
    by_keypoints,
    score,
)
from sasd_mmpose.inference.person import Person
from sasd_mmpose.inference.pose_result import PoseResult
from sasd_mmpose.inference.smoothing import PoseSmoother
from sasd_mmpose.inference.sources import Frame
from sasd_mmpose.inference.tracking import PoseTracker, follow


def person(x: float, score: float = 0.9, y: float = 0.0) -> Person:
    """Somebody 20 pixels wide and 40 high at x, y."""
    points = np.array([[10, 2], [5, 12], [15, 12], [10, 38]], float) + (x, y)
    return Person(np.array([x, y, x + 20, y + 40]), score, points, np.ones(4))


@pytest.mark.slow
def test_walking_people_keep_their_identities():
    """A small form of what projects.synthetic_people.tools.score_tracking does."""
    videos = [walk(seed, 5, 80) for seed in (2, 5)]
    keypoints = score(videos, by_keypoints)
    assert keypoints['idf1'] > 0.9 and keypoints['switches'] <= 1
    boxes = score(videos, by_box_corners)
    assert keypoints['idf1'] > boxes['idf1'] + 0.02
    assert keypoints['switches'] < boxes['switches']
    # Without any memory every gap gives somebody a new identity.
    forgetful = score(videos, lambda found: by_keypoints(found, max_gap=0))
    assert keypoints['idf1'] > forgetful['idf1'] + 0.1


def test_two_who_cross_keep_their_identities():
    tracker = PoseTracker()
    first = tracker.update([person(0), person(100, y=4)], 0)
    for step in range(1, 51):
        people = [person(100 - 2 * step, y=4), person(2 * step)]
        identities = tracker.update(people, step / FPS)
    assert identities == first[::-1]


def test_somebody_hidden_comes_back_as_the_same():
    tracker = PoseTracker(max_gap=1.0)
    who, = tracker.update([person(0)], 0)
    for step in range(1, 6):
        tracker.update([person(2 * step)], step / FPS)
    for step in range(6, 20):
        assert tracker.update([], step / FPS) == []
    assert tracker.update([person(40)], 20 / FPS) == [who]
    # Too late: forgotten.
    other, = tracker.update([person(40)], 20 / FPS + 1.1)
    assert other != who


def test_low_scores_go_on_but_do_not_begin():
    tracker = PoseTracker(new_score=0.5)
    assert tracker.update([person(0, 0.4)], 0) == [None]
    who, = tracker.update([person(0, 0.6)], 1 / FPS)
    assert tracker.update([person(1, 0.4)], 2 / FPS) == [who]


def test_somebody_found_twice_is_one_person():
    tracker = PoseTracker()
    assert tracker.update([person(0, 0.6), person(1)], 0) == [None, 1]
    # The better one goes on, also where the other lies nearer to the last place.
    assert tracker.update([person(3), person(1, 0.5)], 1 / FPS) == [1, None]
    assert tracker.update([person(4)], 2 / FPS) == [1]
    # Side by side, they are two.
    assert tracker.update([person(4), person(19)], 3 / FPS) == [1, 2]


def test_one_frame_and_nobody():
    tracker = PoseTracker()
    assert tracker.update([], 0) == []
    assert tracker.update([person(0), person(50)], 0.04) == [1, 2]


def test_without_a_common_keypoint_nobody_is_the_same():
    hidden = person(0)._replace(keypoint_scores=np.zeros(4))
    tracker = PoseTracker()
    assert tracker.update([hidden], 0) == [1]
    assert tracker.update([hidden], 0.04) == [2]


def frame_result(index: int, *people: Person, problem=None) -> PoseResult:
    frame = Frame(index + 1, {}, None, problem, seconds=index / FPS)
    return PoseResult(list(people), frame, (200, 50), tuple('abcd'), {})


def test_results_of_a_video_get_identities_and_steady_keypoints():
    results = [frame_result(0, person(0), person(60)),
               frame_result(1, problem='broken'),
               frame_result(2, person(63), person(1), person(120, 0.1))]
    first, broken, last = follow(results, PoseTracker(), PoseSmoother())
    assert [p.identity for p in first] == [1, 2]
    assert broken is results[1]
    assert [p.identity for p in last] == [2, 1, None]
    # Between what was found before and what is found now.
    assert 60 < last[0].box[0] < 63 and last[2].box[0] == 120
    plain = list(follow(results, PoseTracker()))
    assert (plain[2][0].keypoints == results[2][0].keypoints).all()
    assert results[2][0].identity is None
