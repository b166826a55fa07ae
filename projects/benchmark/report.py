"""One benchmark: models are prepared and timed, and all of it is recorded."""
from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import torch

from sasd_mmpose.environment import machine, versions

from .candidate import Candidate
from .catalogue import Catalogue, Entry, Ratio
from .images import LabelledImage
from .planting import plant
from .runtimes import Agreement, compare, make_ready
from .timing import (
    STAGES,
    Outcome,
    Pipeline,
    Timing,
    paired_ratio,
    reason,
    spread,
    time_pipelines,
)

FORMAT = 'sasd_mmpose.benchmark/1'
PACKAGES = ('python', 'torch', 'mmpose', 'mmengine', 'mmcv', 'mmcv-lite',
            'numpy', 'opencv-python-headless', 'onnxruntime', 'openvino',
            'ncnn', 'pnnx')
GOVERNOR = Path('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor')
Key = tuple[str, str]


class Settings(NamedTuple):
    """How a benchmark is run.

    Attributes:
        runtimes (Sequence[str]): Those of ``RUNTIMES`` that take part.
        threads (int): Threads of every runtime, and of what surrounds it.
        rounds (int): Rounds of the timing.
        cache (Path): Folder that keeps converted nets.
        root (Path): Folder of the repository.
    """
    runtimes: Sequence[str]
    threads: int
    rounds: int
    cache: Path
    root: Path


class _Preparation:
    """Everything that takes part, as it gets ready.

    Args:
        settings (Settings): How the benchmark is run.
        images (Sequence[LabelledImage]): Its images.
        say (Callable): Called with a line of progress.
    """

    def __init__(self, settings: Settings, images: Sequence[LabelledImage],
                 say: Callable[[str], None]) -> None:
        self.settings = settings
        self.images = images
        self.say = say
        self.models: dict[str, dict] = {}
        self.pipelines: dict[Key, Pipeline] = {}

    def add(self, entry: Entry) -> None:
        """Prepare a model on all runtimes; failures are written down."""
        self.say(f'{entry.name}: preparing')
        record = self.models[entry.name] = dict(
            config=entry.config, input=list(entry.input_size),
            weights=entry.checkpoint or 'random', runtimes={})
        record.update(accuracy(entry, self.settings.root))
        try:
            candidate = Candidate(
                entry, self.settings.root, self.images[0].image)
            record.update(candidate.complexity())
            places = [candidate.stages.preprocess(sample.image)[1]
                      for sample in self.images]
            planted = [
                plant(candidate, sample.labels.in_input(place))
                for sample, place in zip(self.images, places)
            ]
            record['people_found'] = [
                len(candidate.stages.decode(maps, place))
                for maps, place in zip(planted, places)
            ]
        except Exception as error:  # the others go on
            record['failed'] = reason(error)
            self.say(f'{entry.name}: {record["failed"]}')
            return
        for runtime in self.settings.runtimes:
            try:
                record['runtimes'][runtime] = self._add_pipeline(
                    candidate, runtime, planted)
            except Exception as error:  # the others go on
                record['runtimes'][runtime] = dict(failed=reason(error))
                self.say(f'{entry.name} on {runtime}: {reason(error)}')

    def _add_pipeline(self, candidate: Candidate, runtime: str,
                  planted: Sequence[Sequence]) -> dict:
        """Prepare one model on one runtime, and check what it gives."""
        ready = make_ready(
            candidate, runtime, self.settings.threads, self.settings.cache)
        blob, place = candidate.stages.preprocess(self.images[0].image)
        agreement = compare(candidate, ready.net, blob, place, planted[0])
        self.pipelines[candidate.name, runtime] = Pipeline(
            candidate.stages, ready.net, planted)
        return dict(
            file_bytes=ready.file_bytes,
            agreement=_rounded(agreement))


def _rounded(agreement: Agreement) -> dict:
    return {
        key: float(f'{value:.3g}') if isinstance(value, float) else value
        for key, value in agreement._asdict().items()
    }


def accuracy(entry: Entry, root: Path) -> dict[str, dict]:
    """Find AP that was measured here, and AP that is quoted.

    Args:
        entry (Entry): The model.
        root (Path): Folder of the repository.

    Returns:
        dict[str, dict]: ``measured_ap`` of runs in ``results/`` with this
        config and ``quoted_ap``, each with what it belongs to.
    """
    stem = Path(entry.config).stem
    found: dict[str, dict] = {}
    for path in sorted(root.glob('results/*/result.json')):
        run = json.loads(path.read_text())
        if Path(run['config']).stem == stem and 'coco/AP' in run['metrics']:
            found['measured_ap'] = dict(
                value=run['metrics']['coco/AP'], on=run['evaluated_on'],
                run=path.parent.name)
    quoted = json.loads((root / 'results/quoted.json').read_text())
    own = quoted['models'].get(stem, {}).get('coco_val_ap')
    peer = quoted['peers'].get(entry.name)
    if own is not None:
        found['quoted_ap'] = dict(value=own, source=quoted['source'])
    elif peer is not None:
        found['quoted_ap'] = dict(
            value=peer['coco_val_ap'], source=peer['source'])
    return found


def host() -> dict[str, object]:
    """What the benchmark runs on, as far as it can be told."""
    return dict(
        processor=machine(), system=platform.platform(),
        governor=GOVERNOR.read_text().strip() if GOVERNOR.is_file()
        else 'not told', load=round(os.getloadavg()[0], 2))


def ratio_record(ratio: Ratio, runtime: str,
                 timings: dict[Key, list[Timing]]) -> dict | None:
    """Work out a ratio on a runtime, if both models ran there."""
    of, to = timings.get((ratio.of[0], runtime)), timings.get(
        (ratio.to[0], runtime))
    if not of or not to:
        return None
    clocks = {
        clock: paired_ratio([getattr(timing, clock) for timing in of],
                            [getattr(timing, clock) for timing in to],
                            ratio.of[1], ratio.to[1])
        for clock in Timing._fields
    }
    record = dict(of='.'.join(ratio.of), to='.'.join(ratio.to),
                  runtime=runtime, **clocks)
    if ratio.at_most is not None:
        record.update(at_most=ratio.at_most,
                      met=clocks['ms']['median'] <= ratio.at_most)
    return record


def _times(models: dict[str, dict], outcome: Outcome) -> None:
    """Write the times into the records of the models."""
    for (name, runtime), timings in outcome.timings.items():
        for clock in Timing._fields if timings else ():
            models[name]['runtimes'][runtime][clock] = {
                stage: spread([getattr(getattr(timing, clock), stage)
                               for timing in timings])
                for stage in STAGES
            }
    for (name, runtime), why in outcome.failed.items():
        models[name]['runtimes'][runtime]['failed'] = why


def run_benchmark(catalogue: Catalogue, names: Sequence[str],
                  images: Sequence[LabelledImage], source: str,
                  settings: Settings, say: Callable[[str], None] = print
                  ) -> dict:
    """Prepare the models, time them, and record everything.

    Args:
        catalogue (Catalogue): All models there are.
        names (Sequence[str]): Those that take part.
        images (Sequence[LabelledImage]): The images.
        source (str): Where they come from, in words.
        settings (Settings): How.
        say (Callable): Called with a line of progress.

    Returns:
        dict: What goes into ``results/benchmark.json``.
    """
    cv2.setNumThreads(settings.threads)
    torch.set_num_threads(settings.threads)
    before = host()
    preparation = _Preparation(settings, images, say)
    for name in names:
        preparation.add(catalogue.entries[name])
    say(f'{len(preparation.pipelines)} of {len(names) * len(settings.runtimes)} are '
        f'ready; {settings.rounds} rounds')
    outcome = time_pipelines(
        preparation.pipelines, [sample.image for sample in images], settings.rounds,
        lambda number: say(f'round {number}'))
    _times(preparation.models, outcome)
    ratios = [
        ratio_record(ratio, runtime, outcome.timings)
        for runtime in settings.runtimes for ratio in catalogue.ratios
    ]
    return dict(
        format=FORMAT,
        date=datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        machine=dict(before, load_after=host()['load']),
        threads=settings.threads,
        rounds=max(map(len, outcome.timings.values()), default=0),
        images=dict(
            source=source, files=[sample.name for sample in images],
            people=[len(sample.labels.boxes) for sample in images]),
        versions=versions(PACKAGES),
        models=preparation.models,
        ratios=[ratio for ratio in ratios if ratio is not None])
