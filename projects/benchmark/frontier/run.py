"""The whole run: everything is made ready, evaluated and timed."""
from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO
from typing import NamedTuple

import cv2
import numpy as np
import torch
from mmengine.config import Config

from sasd_mmpose.environment import versions
from sasd_mmpose.errors import find_input_error

from ..images import LabelledImage
from ..person_results import evaluate_persons
from ..report import PACKAGES, host
from ..timing import STAGES, Timing, paired_ratio, reason, spread, time_pipelines
from . import top_down
from .case import Case, FindPeople, Ready, Setting
from .val_images import by_people, labelled_images

FORMAT = 'sasd_mmpose.frontier/1'
METRICS = ('AP', 'AP .5', 'AP .75', 'AP (M)', 'AP (L)', 'AR')
PEOPLE = (1, 2, 4, 8, 16)
IMAGES_EACH = 4
# Whose time is drawn against the number of people, with which precision.
AGAINST_PEOPLE = (('sasd_xs', 512), ('sasd_xs', 384), (top_down.NET, 320))

Make = Callable[[Case, Setting], Ready]
Say = Callable[[str], None]


class Ratio(NamedTuple):
    """Two cases on the same runtime, each with net, size and precision."""
    of: tuple[str, int, str]
    to: tuple[str, int, str]


RATIOS = (
    Ratio(('sasd_xs', 512, 'fp32'), ('yolo26n-pose', 384, 'fp32')),
    Ratio(('sasd_xs', 512, 'fp32'), ('yolo26n-pose', 352, 'fp32')),
    Ratio(('sasd_xs', 384, 'fp32'), ('yolo26n-pose', 384, 'fp32')),
    Ratio(('sasd_xs', 512, 'fp32'), (top_down.NET, 320, 'fp32')),
    Ratio(('sasd_xs', 512, 'int8'), ('sasd_xs', 512, 'fp32')),
    Ratio(('sasd_xs', 512, 'int8-conv'), ('sasd_xs', 512, 'fp32')),
    Ratio(('sasd_xs', 512, 'fp16'), ('sasd_xs', 512, 'fp32')),
)


def make_ready(makers: Mapping[Case, Make], setting: Setting, say: Say
               ) -> tuple[dict[Case, Ready], dict[Case, str]]:
    """Make everything ready that can be.

    Returns:
        tuple: What is ready, and why the rest is not.
    """
    ready, failed = {}, {}
    for case, make in makers.items():
        say(f'{case.name}: preparing')
        try:
            ready[case] = make(case, setting)
        except Exception as error:  # the others go on
            failed[case] = find_input_error(error) or reason(error)
            say(f'{case.name}: {failed[case]}')
    return ready, failed


def accuracy(case: Case, ready: Ready, cfg: Config, setting: Setting
             ) -> dict[str, float]:
    """Evaluate a case, or read what an earlier run found.

    Args:
        case (Case): Which.
        ready (Ready): With ``find_people``.
        cfg (Config): With the test set.
        setting (Setting): Whose cache keeps it.

    Returns:
        dict[str, float]: ``METRICS`` and ``images``.
    """
    count = cfg.test_dataloader.dataset.get('indices', 'all')
    words = f'{case.name} {ready.weights} {count}'
    path = setting.cache / 'accuracy' / (re.sub(r'[^\w+-]+', '-', words) + '.json')
    if path.is_file():
        return json.loads(path.read_text())
    found = _evaluate(cfg, ready.find_people)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found))
    return found


def _evaluate(cfg: Config, find_people: FindPeople) -> dict[str, float]:
    with redirect_stdout(StringIO()):
        metrics, images = evaluate_persons(cfg, find_people)
    return dict({name: round(float(metrics[f'coco/{name}']), 4)
                 for name in METRICS}, images=images)


def _summary(timings: Sequence[Timing]) -> dict[str, dict]:
    """Summarise times: median, quartiles and least, by clock and stage."""
    return {
        clock: {
            stage: spread([getattr(getattr(timing, clock), stage)
                           for timing in timings])
            for stage in STAGES
        } for clock in Timing._fields
    }


def time_ratios(timings: Mapping[Case, Sequence[Timing]]) -> list[dict]:
    """Work out ``RATIOS`` of whole times, on each runtime that has both."""
    found = {(e.runtime, (e.net, e.size, e.precision)): times
             for e, times in timings.items() if not e.flip}
    records = []
    for runtime in dict.fromkeys(e.runtime for e in timings):
        for ratio in RATIOS:
            of, to = (found.get((runtime, side)) for side in ratio)
            if not of or not to:
                continue
            records.append(dict(
                runtime=runtime, of=list(ratio.of), to=list(ratio.to), **{
                    clock: paired_ratio(
                        [getattr(timing, clock) for timing in of],
                        [getattr(timing, clock) for timing in to],
                        'whole', 'whole') for clock in Timing._fields}))
    return records


def against_people(ready: Mapping[Case, Ready], cfg: Config, rounds: int,
                   say: Say) -> dict:
    """Time on images with one, two, ... people that the detector finds.

    Returns:
        dict: ``images`` by number of people, ``cpu_ms`` of each case by
        number, and ``crossings``; all empty without the top-down pair.
    """
    chosen = {e: r.timed for e, r in ready.items()
              if (e.net, e.size) in AGAINST_PEOPLE
              and e.precision == 'fp32' and not e.flip}
    pair = next((timed for e, timed in chosen.items() if e.net == top_down.NET),
                None)
    if pair is None:
        return dict(images={}, cpu_ms={}, crossings=[])
    images = by_people(
        labelled_images(cfg), pair.count_people, PEOPLE, IMAGES_EACH)
    times: dict[Case, dict[int, dict]] = {case: {} for case in chosen}
    for number, samples in images.items():
        say(f'images with {number} people')
        outcome = time_pipelines(
            chosen, [s.image for s in samples], rounds, lambda done: None)
        for case, timings in outcome.timings.items():
            times[case][number] = spread(
                [timing.cpu_ms.whole for timing in timings])
    return dict(
        images={number: [s.name for s in samples]
                for number, samples in images.items()},
        cpu_ms={case.name: found for case, found in times.items()},
        crossings=_crossings(times))


def _crossings(times: Mapping[Case, Mapping[int, dict]]) -> list[dict]:
    """Find from how many people on the pair costs more, on each runtime."""
    pairs = {e.runtime: found for e, found in times.items()
             if e.net == top_down.NET and len(found) > 1}
    return [
        dict(runtime=case.runtime, net=case.net, size=case.size,
             people=crossing(medians(found), medians(pairs[case.runtime])))
        for case, found in times.items()
        if case.net != top_down.NET and case.runtime in pairs
    ]


def medians(times: Mapping[int, Mapping[str, float]]) -> dict[int, float]:
    """Take the medians of spreads."""
    return {number: found['median'] for number, found in times.items()}


def crossing(level: Mapping[int, float], rising: Mapping[int, float]) -> float:
    """Find where a line that rises with people passes one that does not.

    Args:
        level (Mapping[int, float]): Milliseconds by number of people; their mean
            counts.
        rising (Mapping[int, float]): The same; a straight line is fitted.

    Returns:
        float: Number of people, below 1 where the second costs more always.
    """
    slope, start = np.polyfit(list(rising), list(rising.values()), 1)
    return round(float((np.mean(list(level.values())) - start) / slope), 2)


def run_frontier(makers: Mapping[Case, Make], cfg: Config,
                 images: Sequence[LabelledImage], rounds: int, setting: Setting,
                 say: Say = print) -> dict:
    """Make everything ready, evaluate and time it.

    Args:
        makers (Mapping): What takes part, and what makes it ready.
        cfg (Config): With the test set.
        images (Sequence[LabelledImage]): The images for the times.
        rounds (int): Rounds of the timing.
        setting (Setting): How.
        say (Callable): Called with a line of progress.

    Returns:
        dict: What goes into ``results/frontier.json``.
    """
    cv2.setNumThreads(setting.threads)
    torch.set_num_threads(setting.threads)
    ready, failed = make_ready(makers, setting, say)
    measured = {}
    for case, one in ready.items():
        if one.find_people is not None:
            measured[case] = accuracy(case, one, cfg, setting)
            say(f'{case.name}: AP {measured[case]["AP"]:.4f}')
    before = host()
    outcome = time_pipelines(
        {case: one.timed for case, one in ready.items()},
        [sample.image for sample in images], rounds,
        lambda number: say(f'round {number}'))
    failed.update(outcome.failed)
    people = against_people(ready, cfg, rounds, say)
    records = []
    for case in makers:
        record = dict(case._asdict(), name=case.name)
        if case in ready:
            record['weights'] = ready[case].weights
        if case in measured:
            record['measured_ap'] = measured[case]
        if outcome.timings.get(case):
            record.update(_summary(outcome.timings[case]))
        if case in failed:
            record['failed'] = failed[case]
        records.append(record)
    return dict(
        format=FORMAT,
        date=datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        machine=dict(before, load_after=host()['load']),
        threads=setting.threads,
        rounds=max(map(len, outcome.timings.values()), default=0),
        images=[sample.name for sample in images],
        versions=versions(PACKAGES),
        entrants=records,
        ratios=time_ratios(outcome.timings),
        people=people)
