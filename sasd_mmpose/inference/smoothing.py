"""Steady keypoints from frame to frame."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np

from .person import Person

SPEED_CUTOFF = 1.0  # Hz, of the low-pass filter of the speed


@dataclass
class _State:
    """What the filter knows of a person.

    Attributes:
        points (np.ndarray): Filtered corners of the box and keypoints, pixels,
            (2 + K, 2).
        speed (np.ndarray): Filtered, pixels per second, (2 + K, 2).
        seconds (float): When that was.
    """
    points: np.ndarray
    speed: np.ndarray
    seconds: float


class PoseSmoother:
    """The One-Euro filter on boxes and keypoints of people with identities.

    A low-pass filter whose cutoff rises with the speed: what rests is steady,
    what moves lags little (Casiez et al., CHI 2012). Speeds count relative to
    the person's size, so that the same settings serve any resolution.

    Args:
        min_cutoff (float): Cutoff at rest, in Hz; lower is steadier.
        beta (float): Rise of the cutoff, in Hz per person size a second;
            higher lags less.
        max_gap (float): Seconds after which a person unseen begins anew.
    """

    def __init__(self,
                 min_cutoff: float = 1.5,
                 beta: float = 5.0,
                 max_gap: float = 1.0) -> None:
        self.min_cutoff = min_cutoff
        self.beta = beta
        self.max_gap = max_gap
        self._states: dict[int, _State] = {}

    def update(self, people: Sequence[Person],
               identities: Sequence[int | None],
               seconds: float) -> list[Person]:
        """Filter the people of the next frame.

        Args:
            people (Sequence[Person]): Those found in it.
            identities (Sequence[int | None]): Who they are; whoever has no
                identity stays as found.
            seconds (float): When the frame is shown; later than the last.

        Returns:
            list[Person]: The same people with filtered boxes and keypoints.
        """
        self._states = {who: state for who, state in self._states.items()
                        if seconds - state.seconds <= self.max_gap}
        return [person if who is None else self._filter(person, who, seconds)
                for person, who in zip(people, identities, strict=True)]

    def _filter(self, person: Person, who: int, seconds: float) -> Person:
        """Filter one person, and remember."""
        found = np.concatenate([person.box.reshape(2, 2), person.keypoints])
        state = self._states.get(who)
        if state is None or seconds <= state.seconds:
            self._states[who] = _State(found, np.zeros_like(found), seconds)
            return person
        elapsed = seconds - state.seconds
        raw_speed = (found - state.points) / elapsed
        speed = state.speed + _share(SPEED_CUTOFF, elapsed) * (raw_speed - state.speed)
        cutoff = self.min_cutoff + self.beta * np.abs(speed) / _size(person)
        points = state.points + _share(cutoff, elapsed) * (found - state.points)
        self._states[who] = _State(points, speed, seconds)
        return person._replace(box=points[:2].ravel(), keypoints=points[2:])


def _share(cutoff: float | np.ndarray, elapsed: float) -> float | np.ndarray:
    """Share of a new value in a low-pass filter.

    Args:
        cutoff (float | np.ndarray): In Hz.
        elapsed (float): Seconds since the last value.
    """
    return 1 / (1 + 1 / (2 * pi * cutoff * elapsed))


def _size(person: Person) -> float:
    """Return the side of the square as large as the box, at least a pixel."""
    width, height = np.maximum(person.box[2:] - person.box[:2], 0)
    return max(sqrt(width * height), 1.0)
