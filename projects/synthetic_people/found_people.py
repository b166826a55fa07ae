"""What a net might find of drawn people who walk, with who they are."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sasd_mmpose.inference.person import Person

from .motion import WalkingPeople

FPS = 25.0


class Found(NamedTuple):
    """Somebody in a frame.

    Attributes:
        identity (int): Who it is.
        truth (Person): The labels.
        person (Person): The labels, off by noise.
    """
    identity: int
    truth: Person
    person: Person


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two boxes (4,) xyxy."""
    shared = np.clip(np.minimum(one[2:], other[2:]) -
                     np.maximum(one[:2], other[:2]), 0, None).prod()
    areas = [(box[2:] - box[:2]).prod() for box in (one, other)]
    return shared / (sum(areas) - shared)


def walk(seed: int, num_people: int, frames: int, noise: float = 0.03,
         missed: float = 0.05) -> tuple[list[list[Found]], list[list[Found]]]:
    """Draw a video, and make up what is found in it.

    Args:
        seed (int): Of the video and of the noise.
        num_people (int): How many walk.
        frames (int): Length of the video.
        noise (float): Deviation of boxes and keypoints, in person sizes.
        missed (float): Share of the people who are missed by chance. Whoever
            overlaps with somebody seen better is missed as well, as suppression
            would have it.

    Returns:
        tuple: Per frame everybody there, and those who are found.
    """
    rng = np.random.default_rng(seed)
    video = WalkingPeople(num_people, fps=FPS, seed=seed)
    there, found = [], []
    for index in range(frames):
        people = [_find(who, labels, noise, rng)
                  for who, labels in video.frame(index)[1]]
        kept: list[Found] = []
        for one in sorted(people, key=lambda f: -f.person.score):
            if one.person.score > 0.3 and rng.random() > missed and all(
                    overlap(one.person.box, other.person.box) < 0.65
                    for other in kept):
                kept.append(one)
        there.append(people)
        found.append(kept)
    return there, found


def _find(who: int, labels, noise: float, rng: np.random.Generator) -> Found:
    points = np.array(list(labels.keypoints.values()))
    x, y, width, height = labels.box
    box = np.array([x, y, x + width, y + height])
    deviation = noise * np.sqrt(width * height)
    seen = points[:, 2]
    scores = np.choose(seen.astype(int), [0.05, 0.35, 0.8])
    score = float(np.clip(
        0.2 + 0.7 * (seen == 2).mean() + rng.normal(0, 0.08), 0, 1))
    truth = Person(box, 1.0, points[:, :2], (seen > 0).astype(float))
    person = Person(box + rng.normal(0, deviation, 4), score,
                    points[:, :2] + rng.normal(0, deviation, (len(points), 2)),
                    scores)
    return Found(who, truth, person)
