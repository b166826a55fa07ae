"""Timing models alternately, and statistics of the times."""
from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .candidate import Stages

STAGES = ('preprocess', 'net', 'decode', 'whole')


class Times(NamedTuple):
    """Milliseconds of one image; one for each of ``STAGES``."""
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


class Timing(NamedTuple):
    """What one image took.

    Attributes:
        ms (Times): Wall-clock time.
        cpu_ms (Times): CPU time of all threads together. On a busy
            machine it is the steadier of the two.
    """
    ms: Times
    cpu_ms: Times


class Pipeline(NamedTuple):
    """A model on a runtime, ready to run.

    Attributes:
        stages (Stages): What surrounds the net.
        net (Callable): From the network input to the raw maps.
        planted (Sequence): Per image, the raw maps that are decoded.
    """
    stages: Stages
    net: Callable[[np.ndarray], list[np.ndarray]]
    planted: Sequence[Sequence[np.ndarray]]

    def run(self, image: np.ndarray, index: int) -> Timing:
        """Find the people of one image, and take the times.

        Args:
            image (np.ndarray): (H, W, 3), BGR, uint8.
            index (int): Its number, for the maps that are decoded.
        """
        moments = [now()]
        blob, place = self.stages.preprocess(image)
        moments.append(now())
        self.net(blob)
        moments.append(now())
        self.stages.decode(self.planted[index], place)
        moments.append(now())
        return Timing(*map(Times.between, zip(*moments)))


def now() -> tuple[float, float]:
    """Read both clocks, in seconds."""
    return time.perf_counter(), time.process_time()


class Outcome(NamedTuple):
    """What the timing of several pipelines gave.

    Attributes:
        timings (dict): By model and runtime, one timing per round.
        failed (dict): By model and runtime, why it failed.
    """
    timings: dict[tuple[str, str], list[Timing]]
    failed: dict[tuple[str, str], str]


def reason(error: BaseException) -> str:
    """Say in one line what went wrong."""
    text = ' '.join(str(error).split()) or 'no message'
    return f'{type(error).__name__}: {text[:300]}'


def time_pipelines(pipelines: Mapping[tuple[str, str], Pipeline],
                   images: Sequence[np.ndarray], rounds: int,
                   report: Callable[[int], None]) -> Outcome:
    """Time all pipelines alternately.

    Each round takes the next image through every pipeline, so that whatever
    else the machine does hits all of them alike. Each pipeline runs twice and
    the second run counts: before the first, another one filled the caches.

    Args:
        pipelines (Mapping): By model and runtime.
        images (Sequence[np.ndarray]): The images.
        rounds (int): Number of rounds.
        report (Callable): Called with the number of rounds done. Ctrl-C ends
            the timing after the last complete round.

    Returns:
        Outcome: The times.
    """
    timings = {key: [] for key in pipelines}
    failed = {}
    try:
        for number in range(rounds):
            index = number % len(images)
            current = {}
            for key, pipeline in pipelines.items():
                if key in failed:
                    continue
                try:
                    pipeline.run(images[index], index)
                    current[key] = pipeline.run(images[index], index)
                except Exception as error:  # the others go on
                    failed[key] = reason(error)
            for key, timing in current.items():
                timings[key].append(timing)
            report(number + 1)
    except KeyboardInterrupt:
        print('stopped by Ctrl-C; the rounds so far count')
    return Outcome({k: v for k, v in timings.items() if k not in failed}, failed)


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


def time_nets(nets: dict[str, Callable], blob: np.ndarray, rounds: int
              ) -> dict[str, list[float]]:
    """Time nets alone, by turns; of two runs in a row the second counts.

    Args:
        nets (dict): Name -> what maps a network input to raw maps.
        blob (np.ndarray): Network input, shape (1, 3, H, W).
        rounds (int): Times each is timed.

    Returns:
        dict: Name -> CPU milliseconds of each round.
    """
    times: dict[str, list[float]] = {name: [] for name in nets}
    for number in range(rounds):
        for name, net in nets.items():
            net(blob)
            start = time.process_time()
            net(blob)
            times[name].append(1e3 * (time.process_time() - start))
        print(f'round {number + 1}')
    return times


def summarise_nets(times: dict[str, list[float]], base: str) -> dict[str, dict]:
    """Summarise times, and their ratios to another of the same round.

    Args:
        times (dict): Name -> CPU milliseconds of each round.
        base (str): Name of the net that the ratios are to.

    Returns:
        dict: Name -> ``cpu_ms`` and ``ratio``, each as :func:`spread` gives it.
    """
    return {
        name: dict(cpu_ms=spread(values), ratio=spread(
            [a / b for a, b in zip(values, times[base], strict=True)]))
        for name, values in times.items()
    }
