"""One benchmark: preparing the models, racing them, and writing it down."""
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

from .catalogue import Catalogue, Entry, Ratio
from .entrant import Entrant
from .pictures import Picture
from .planting import plant
from .race import STAGES, Lane, Race, Turn, paired_ratio, race, reason, spread
from .runtimes import Agreement, compare, make_ready

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
        rounds (int): Rounds of the race.
        cache (Path): Folder that keeps converted nets.
        root (Path): Folder of the repository.
    """
    runtimes: Sequence[str]
    threads: int
    rounds: int
    cache: Path
    root: Path


class _Field:
    """Everything that takes part, as it gets ready.

    Args:
        settings (Settings): How the benchmark is run.
        pictures (Sequence[Picture]): Its pictures.
        say (Callable): Called with a line of progress.
    """

    def __init__(self, settings: Settings, pictures: Sequence[Picture],
                 say: Callable[[str], None]) -> None:
        self.settings = settings
        self.pictures = pictures
        self.say = say
        self.models: dict[str, dict] = {}
        self.lanes: dict[Key, Lane] = {}

    def add(self, entry: Entry) -> None:
        """Prepare a model on all runtimes; failures are written down."""
        self.say(f'{entry.name}: preparing')
        record = self.models[entry.name] = dict(
            config=entry.config, input=list(entry.input_size),
            weights=entry.checkpoint or 'random', runtimes={})
        record.update(accuracy(entry, self.settings.root))
        try:
            entrant = Entrant(
                entry, self.settings.root, self.pictures[0].image)
            record.update(entrant.complexity())
            places = [entrant.stages.preprocess(picture.image)[1]
                      for picture in self.pictures]
            planted = [
                plant(entrant, picture.labels.in_input(place))
                for picture, place in zip(self.pictures, places)
            ]
            record['people_found'] = [
                len(entrant.stages.decode(maps, place))
                for maps, place in zip(planted, places)
            ]
        except Exception as error:  # the others go on
            record['failed'] = reason(error)
            self.say(f'{entry.name}: {record["failed"]}')
            return
        for runtime in self.settings.runtimes:
            try:
                record['runtimes'][runtime] = self._add_lane(
                    entrant, runtime, planted)
            except Exception as error:  # the others go on
                record['runtimes'][runtime] = dict(failed=reason(error))
                self.say(f'{entry.name} on {runtime}: {reason(error)}')

    def _add_lane(self, entrant: Entrant, runtime: str,
                  planted: Sequence[Sequence]) -> dict:
        """Prepare one model on one runtime, and check what it gives."""
        ready = make_ready(
            entrant, runtime, self.settings.threads, self.settings.cache)
        blob, place = entrant.stages.preprocess(self.pictures[0].image)
        agreement = compare(entrant, ready.net, blob, place, planted[0])
        self.lanes[entrant.name, runtime] = Lane(
            entrant.stages, ready.net, planted)
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
                 turns: dict[Key, list[Turn]]) -> dict | None:
    """Work out a ratio on a runtime, if both models ran there."""
    of, to = turns.get((ratio.of[0], runtime)), turns.get(
        (ratio.to[0], runtime))
    if not of or not to:
        return None
    clocks = {
        clock: paired_ratio([getattr(turn, clock) for turn in of],
                            [getattr(turn, clock) for turn in to],
                            ratio.of[1], ratio.to[1])
        for clock in Turn._fields
    }
    record = dict(of='.'.join(ratio.of), to='.'.join(ratio.to),
                  runtime=runtime, **clocks)
    if ratio.at_most is not None:
        record.update(at_most=ratio.at_most,
                      met=clocks['ms']['median'] <= ratio.at_most)
    return record


def _times(models: dict[str, dict], outcome: Race) -> None:
    """Write the times into the records of the models."""
    for (name, runtime), turns in outcome.turns.items():
        for clock in Turn._fields if turns else ():
            models[name]['runtimes'][runtime][clock] = {
                stage: spread([getattr(getattr(turn, clock), stage)
                               for turn in turns])
                for stage in STAGES
            }
    for (name, runtime), why in outcome.failed.items():
        models[name]['runtimes'][runtime]['failed'] = why


def run_benchmark(catalogue: Catalogue, names: Sequence[str],
                  pictures: Sequence[Picture], source: str,
                  settings: Settings, say: Callable[[str], None] = print
                  ) -> dict:
    """Prepare the models, race them, and write everything down.

    Args:
        catalogue (Catalogue): All models there are.
        names (Sequence[str]): Those that take part.
        pictures (Sequence[Picture]): The pictures.
        source (str): Where they come from, in words.
        settings (Settings): How.
        say (Callable): Called with a line of progress.

    Returns:
        dict: What goes into ``results/benchmark.json``.
    """
    cv2.setNumThreads(settings.threads)
    torch.set_num_threads(settings.threads)
    before = host()
    field = _Field(settings, pictures, say)
    for name in names:
        field.add(catalogue.entries[name])
    say(f'{len(field.lanes)} of {len(names) * len(settings.runtimes)} are '
        f'ready; {settings.rounds} rounds')
    outcome = race(
        field.lanes, [picture.image for picture in pictures], settings.rounds,
        lambda number: say(f'round {number}'))
    _times(field.models, outcome)
    ratios = [
        ratio_record(ratio, runtime, outcome.turns)
        for runtime in settings.runtimes for ratio in catalogue.ratios
    ]
    return dict(
        format=FORMAT,
        date=datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        machine=dict(before, load_after=host()['load']),
        threads=settings.threads,
        rounds=max(map(len, outcome.turns.values()), default=0),
        pictures=dict(
            source=source, files=[picture.name for picture in pictures],
            people=[len(picture.labels.boxes) for picture in pictures]),
        versions=versions(PACKAGES),
        models=field.models,
        ratios=[ratio for ratio in ratios if ratio is not None])
