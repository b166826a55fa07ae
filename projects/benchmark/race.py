"""Timing models in turn, and what the times say."""
from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .entrant import Stages

STAGES = ('preprocess', 'net', 'decode', 'whole')


class Times(NamedTuple):
    """Milliseconds of one picture; one for each of ``STAGES``."""
    preprocess: float
    net: float
    decode: float
    whole: float

    @classmethod
    def between(cls, moments: Sequence[float]) -> Times:
        """Take the times between four moments, in seconds."""
        start, ready, computed, end = moments
        return cls(*(1e3 * seconds for seconds in (
            ready - start, computed - ready, end - computed, end - start)))


class Turn(NamedTuple):
    """What one picture took.

    Attributes:
        ms (Times): By the clock on the wall.
        cpu_ms (Times): By the processor, all threads together. On a busy
            machine it says more.
    """
    ms: Times
    cpu_ms: Times


class Lane(NamedTuple):
    """A model on a runtime, ready to run.

    Attributes:
        stages (Stages): What surrounds the net.
        net (Callable): From the network input to the raw maps.
        planted (Sequence): Per picture, the raw maps that are decoded.
    """
    stages: Stages
    net: Callable[[np.ndarray], list[np.ndarray]]
    planted: Sequence[Sequence[np.ndarray]]

    def run(self, image: np.ndarray, index: int) -> Turn:
        """Find the people of one picture, and take the times.

        Args:
            image (np.ndarray): (H, W, 3), BGR, uint8.
            index (int): Its number, for the maps that are decoded.
        """
        moments = [_now()]
        blob, place = self.stages.preprocess(image)
        moments.append(_now())
        self.net(blob)
        moments.append(_now())
        self.stages.decode(self.planted[index], place)
        moments.append(_now())
        return Turn(*map(Times.between, zip(*moments)))


def _now() -> tuple[float, float]:
    """Read both clocks, in seconds."""
    return time.perf_counter(), time.process_time()


class Race(NamedTuple):
    """Outcome of a race.

    Attributes:
        turns (dict): Per lane, its turns, one per round.
        failed (dict): Per lane that broke down, why.
    """
    turns: dict[tuple[str, str], list[Turn]]
    failed: dict[tuple[str, str], str]


def reason(error: BaseException) -> str:
    """Say in one line what went wrong."""
    text = ' '.join(str(error).split()) or 'no message'
    return f'{type(error).__name__}: {text[:300]}'


def race(lanes: Mapping[tuple[str, str], Lane], images: Sequence[np.ndarray],
         rounds: int, report: Callable[[int], None]) -> Race:
    """Let all lanes take turns.

    Each round takes the next picture through every lane, so that whatever
    else the machine does hits all of them alike. Of a lane's turn the first
    run is not counted: another lane has had the caches before.

    Args:
        lanes (Mapping): By model and runtime.
        images (Sequence[np.ndarray]): The pictures.
        rounds (int): Number of rounds.
        report (Callable): Called with the number of rounds done. Ctrl-C ends
            the race after the last complete round.

    Returns:
        Race: The times.
    """
    turns = {key: [] for key in lanes}
    failed = {}
    try:
        for number in range(rounds):
            index = number % len(images)
            current = {}
            for key, lane in lanes.items():
                if key in failed:
                    continue
                try:
                    lane.run(images[index], index)
                    current[key] = lane.run(images[index], index)
                except Exception as error:  # the others go on
                    failed[key] = reason(error)
            for key, turn in current.items():
                turns[key].append(turn)
            report(number + 1)
    except KeyboardInterrupt:
        print('stopped by Ctrl-C; the rounds so far count')
    return Race({k: v for k, v in turns.items() if k not in failed}, failed)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Summarise a sample.

    Returns:
        dict[str, float]: ``median``, the quartiles ``q25`` and ``q75``, and
        ``min``.
    """
    q25, median, q75 = np.percentile(values, (25, 50, 75))
    return {
        key: round(float(value), 4) for key, value in dict(
            median=median, q25=q25, q75=q75, min=np.min(values)).items()
    }


def paired_ratio(of: Sequence[Times], to: Sequence[Times], of_stage: str,
                 to_stage: str) -> dict[str, float]:
    """Summarise the ratios of times that were taken in the same round.

    Args:
        of (Sequence[Times]): Times of the numerator.
        to (Sequence[Times]): Times of the denominator.
        of_stage (str): One of ``STAGES``.
        to_stage (str): One of ``STAGES``.

    Returns:
        dict[str, float]: See :func:`spread`.
    """
    return spread([getattr(a, of_stage) / getattr(b, to_stage)
                   for a, b in zip(of, to, strict=True)])
