"""Identities of people that last from frame to frame."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .person import Person
from .pose_result import PoseResult
from .smoothing import PoseSmoother

# Where keypoints of the same person may be in the next frame, relative to the
# person's size: one sigma for all, since a deployed net does not know COCO's.
SIGMA = 0.1
# Who resembles somebody in the same frame so much is the same person, found twice:
# of 100 labelled pairs of people in COCO images, less than one pair does.
DOUBLE_SIMILARITY = 0.7
# Of the last displacement, what goes into the velocity.
VELOCITY_SHARE = 0.3


@dataclass
class _Track:
    """Somebody who was seen.

    Attributes:
        identity (int): Who it is.
        person (Person): When last seen.
        seconds (float): When that was.
        velocity (np.ndarray): Pixels per second, (2,).
    """
    identity: int
    person: Person
    seconds: float
    velocity: np.ndarray

    def shift_at(self, seconds: float) -> np.ndarray:
        """Return how far the person has moved since, in pixels, (2,)."""
        return self.velocity * (seconds - self.seconds)

    def see(self, person: Person, seconds: float) -> None:
        """Take over where the person is now."""
        elapsed = seconds - self.seconds
        if elapsed > 0:
            step = (_center(person.box) - _center(self.person.box)) / elapsed
            self.velocity = (1 - VELOCITY_SHARE) * self.velocity + (
                VELOCITY_SHARE * step)
        self.person, self.seconds = person, seconds


class PoseTracker:
    """Gives each person an identity that lasts through occlusions.

    A person of the frame takes the identity of the track that it resembles
    most: the keypoints of a track, moved on by its velocity, are compared as in
    OKS. Keypoints tell people apart whose boxes overlap, where trackers of
    boxes switch. As in ByteTrack, people with low scores may go on with a track
    but start none; nor does somebody whom the net has found twice.

    Args:
        new_score (float): Least score of a person who starts a track.
        min_similarity (float): Least similarity, in [0, 1], to a track.
        max_gap (float): Seconds for which somebody unseen is remembered.
        keypoint_thr (float): Keypoints below this score are not compared.
    """

    def __init__(self,
                 new_score: float = 0.4,
                 min_similarity: float = 0.1,
                 max_gap: float = 1.0,
                 keypoint_thr: float = 0.3) -> None:
        self.new_score = new_score
        self.min_similarity = min_similarity
        self.max_gap = max_gap
        self.keypoint_thr = keypoint_thr
        self._tracks: list[_Track] = []
        self._next_identity = 1

    def update(self, people: Sequence[Person],
               seconds: float) -> list[int | None]:
        """Find out who the people of the next frame are.

        Args:
            people (Sequence[Person]): Those found in it, in pixels.
            seconds (float): When it is shown; later than the frame before.

        Returns:
            list[int | None]: Per person the identity, counted from 1; None
            for a person of low score who continues no track, and for the
            lower score of somebody who is found twice.
        """
        self._tracks = [track for track in self._tracks
                        if seconds - track.seconds <= self.max_gap]
        identities: list[int | None] = [None] * len(people)
        single = self._without_doubles(people)
        for index, track in self._match([people[i] for i in single], seconds):
            self._tracks[track].see(people[single[index]], seconds)
            identities[single[index]] = self._tracks[track].identity
        for index in single:
            if identities[index] is None and people[index].score >= self.new_score:
                identities[index] = self._start(people[index], seconds)
        return identities

    def _without_doubles(self, people: Sequence[Person]) -> list[int]:
        """Return the places of the people, in order, each of them once."""
        single: list[int] = []
        for index in sorted(range(len(people)), key=lambda i: -people[i].score):
            if all(self._similarity(people[index], people[other]) < DOUBLE_SIMILARITY
                   for other in single):
                single.append(index)
        return sorted(single)

    def _start(self, person: Person, seconds: float) -> int:
        """Start a track, and return its identity."""
        track = _Track(self._next_identity, person, seconds, np.zeros(2))
        self._tracks.append(track)
        self._next_identity += 1
        return track.identity

    def _match(self, people: Sequence[Person],
               seconds: float) -> list[tuple[int, int]]:
        """Pair people with tracks, the most alike first."""
        if not people or not self._tracks:
            return []
        similarity = np.array([
            [self._similarity(person, track.person, track.shift_at(seconds))
             for track in self._tracks]
            for person in people])
        pairs = []
        while similarity.max() >= self.min_similarity:
            person, track = np.unravel_index(
                similarity.argmax(), similarity.shape)
            pairs.append((int(person), int(track)))
            similarity[person] = similarity[:, track] = -1
        return pairs

    def _similarity(self, person: Person, other: Person,
                    shift: np.ndarray | float = 0.0) -> float:
        """Compare the keypoints that both show, as in OKS; in [0, 1].

        Args:
            person (Person): The one.
            other (Person): The other.
            shift (np.ndarray): How far the other has moved since, pixels, (2,).
        """
        both = ((person.keypoint_scores >= self.keypoint_thr) &
                (other.keypoint_scores >= self.keypoint_thr))
        if not both.any():
            return 0.0
        moved = other.keypoints + shift
        distance = ((person.keypoints - moved)[both]**2).sum(axis=1)
        area = max(_area(person.box), _area(other.box), 1.0)
        return float(np.exp(-distance / (2 * area * SIGMA**2)).mean())


def follow(results: Iterable[PoseResult], tracker: PoseTracker,
           smoother: PoseSmoother | None = None) -> Iterator[PoseResult]:
    """Give the people of a video their identities, frame by frame.

    Args:
        results (Iterable[PoseResult]): Of the frames in order.
        tracker (PoseTracker): Tells who they are.
        smoother (PoseSmoother | None): Steadies boxes and keypoints, if any.

    Yields:
        PoseResult: Of each frame, with ``identity`` of its persons.
    """
    for result in results:
        if result.problem is not None:
            yield result
            continue
        seconds = result.frame.seconds
        identities = tracker.update(result.persons, seconds)
        persons = result.persons
        if smoother is not None:
            persons = smoother.update(persons, identities, seconds)
        yield replace(result, persons=[
            person._replace(identity=who)
            for person, who in zip(persons, identities, strict=True)])


def _center(box: np.ndarray) -> np.ndarray:
    """Return the centre (2,) of a box (4,) xyxy."""
    return (box[:2] + box[2:]) / 2


def _area(box: np.ndarray) -> float:
    """Return the area of a box (4,) xyxy."""
    return float(np.maximum(box[2:] - box[:2], 0).prod())
