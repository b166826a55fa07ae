"""How well people keep their identities, and how steady their keypoints are."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import motmetrics
import numpy as np

from sasd_mmpose.inference.person import Person
from sasd_mmpose.inference.smoothing import PoseSmoother
from sasd_mmpose.inference.tracking import PoseTracker

from .found_people import FPS, Found, overlap

#: Per frame the boxes (4,) xyxy with the identities that a tracker gave them.
Named = list[list[tuple[np.ndarray, int]]]
#: Per frame the people who are found.
Video = list[list[Found]]


def by_keypoints(found: Video, **settings: float) -> Named:
    """Track by :class:`PoseTracker`."""
    tracker = PoseTracker(**settings)
    named: Named = []
    for index, people in enumerate(found):
        persons = [f.person for f in people]
        named.append([
            (person.box, who) for person, who in zip(
                persons, tracker.update(persons, index / FPS))
            if who is not None])
    return named


def by_box_corners(found: Video) -> Named:
    """Track by the same rules, with the corners of boxes for keypoints."""
    return by_keypoints([
        [f._replace(person=_with_corners(f.person)) for f in people]
        for people in found])


def _with_corners(person: Person) -> Person:
    x1, y1, x2, y2 = person.box
    corners = np.array([[x1, y1], [x2, y1], [x1, y2], [x2, y2]])
    return person._replace(keypoints=corners, keypoint_scores=np.ones(4))


def by_byte_track(found: Video) -> Named:
    """Track boxes by ByteTrack of the package ``trackers``."""
    import supervision
    from trackers import ByteTrackTracker
    tracker = ByteTrackTracker(frame_rate=FPS)
    named: Named = []
    for people in found:
        detections = supervision.Detections(
            xyxy=np.array([f.person.box for f in people]).reshape(-1, 4),
            confidence=np.array([f.person.score for f in people]),
            class_id=np.zeros(len(people), int))
        tracked = tracker.update(detections)
        identities = ([] if tracked.tracker_id is None else tracked.tracker_id)
        named.append([(box, int(who)) for box, who in zip(
            tracked.xyxy, identities) if who >= 0])
    return named


def score(videos: Sequence[tuple[Video, Video]],
          track: Callable[[Video], Named]) -> dict[str, float]:
    """Score a tracker by motmetrics, over all videos.

    Args:
        videos (Sequence[tuple[Video, Video]]): Of each everybody there, and
            those who are found; see :func:`walk`.
        track (Callable[[Video], Named]): The tracker.

    Returns:
        dict[str, float]: ``idf1`` in [0, 1], and ``switches``.
    """
    counts: dict[str, float] = dict(idtp=0, idfp=0, idfn=0, num_switches=0)
    for there, found in videos:
        events = motmetrics.MOTAccumulator(auto_id=True)
        for truth, named in zip(there, track(found), strict=True):
            distances = np.array([
                [1 - overlap(t.truth.box, box) for box, _ in named]
                for t in truth])
            distances[distances > 0.5] = np.nan
            events.update([t.identity for t in truth],
                          [who for _, who in named], distances)
        summary = motmetrics.metrics.create().compute(
            events, metrics=list(counts))
        for name in counts:
            counts[name] += float(summary[name].iloc[0])
    true = 2 * counts['idtp']
    return dict(idf1=true / (true + counts['idfp'] + counts['idfn']),
                switches=int(counts['num_switches']))


def steadiness(videos: Sequence[Video],
               make_smoother: Callable[[], PoseSmoother] | None
               ) -> dict[str, float]:
    """Measure keypoints against the labels.

    Args:
        videos (Sequence[Video]): The people who are found; they are tracked
            before they are smoothed.
        make_smoother (Callable | None): Makes a filter for each video; None
            takes the keypoints as they are found.

    Returns:
        dict[str, float]: ``error`` and ``jitter``: the mean of a coordinate's
        error, and of its change from one frame to the next, in pixels.
    """
    errors, changes = [], []
    for found in videos:
        tracker = PoseTracker()
        smoother = make_smoother() if make_smoother else None
        last: dict[int, tuple[int, np.ndarray, np.ndarray]] = {}
        for index, people in enumerate(found):
            persons: list[Any] = [f.person for f in people]
            identities = tracker.update(persons, index / FPS)
            if smoother is not None:
                persons = smoother.update(persons, identities, index / FPS)
            for one, person in zip(people, persons, strict=True):
                off = person.keypoints - one.truth.keypoints
                seen = one.truth.keypoint_scores > 0
                errors.append(np.abs(off[seen]).mean())
                before = last.get(one.identity)
                if before is not None and before[0] == index - 1:
                    both = seen & before[2]
                    changes.append(np.abs((off - before[1])[both]).mean())
                last[one.identity] = index, off, seen
    return dict(error=float(np.mean(errors)), jitter=float(np.mean(changes)))
