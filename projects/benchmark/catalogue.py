"""What takes part in a benchmark."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mmengine.config import Config

from sasd_mmpose.errors import InputError


class Entry(NamedTuple):
    """A model of the catalogue.

    Attributes:
        name (str): What it is called.
        config (str): Its config file, relative to the repository, or
            ``mmpose::`` and the path of one in MMPose's package.
        input_size (tuple[int, int]): Width and height of the network input.
        checkpoint (str | None): Its weights; None for random ones.
        stages (str | None): Class of what surrounds the net, with a
            ``from_config``; see :class:`Stages`. None for the surroundings of
            :class:`ExportedRuntime`, where they fit, or MMPose's own.
    """
    name: str
    config: str
    input_size: tuple[int, int]
    checkpoint: str | None = None
    stages: str | None = None


class Ratio(NamedTuple):
    """Two times that are compared.

    Attributes:
        of (tuple[str, str]): Model and stage of the numerator.
        to (tuple[str, str]): Model and stage of the denominator.
        at_most (float | None): What their ratio is to reach, if anything.
    """
    of: tuple[str, str]
    to: tuple[str, str]
    at_most: float | None = None


class Catalogue(NamedTuple):
    """All models there are, and which ratios matter."""
    entries: dict[str, Entry]
    ratios: list[Ratio]


def load_catalogue(path: str | Path) -> Catalogue:
    """Read a catalogue, a config with ``models`` and ``ratios``."""
    cfg = Config.fromfile(path)
    return Catalogue(
        entries={
            name: Entry(name, **dict(
                entry, input_size=tuple(entry['input_size'])))
            for name, entry in cfg.models.items()
        },
        ratios=[
            Ratio(tuple(ratio.of.split('.')), tuple(ratio.to.split('.')),
                  ratio.get('at_most')) for ratio in cfg.ratios
        ])


def choose(names: Sequence[str] | None, known: Sequence[str],
           what: str) -> list[str]:
    """Check names that a user gives.

    Args:
        names (Sequence[str] | None): The names; None for all.
        known (Sequence[str]): Those there are.
        what (str): What they name, for the message.

    Returns:
        list[str]: The names, each once, in the order of ``known``.

    Raises:
        InputError: One of them is not known, or there is none.
    """
    if names is None:
        return list(known)
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise InputError(f'{what} {", ".join(unknown) or "(none)"}: not known; '
                         f'take some of {", ".join(known)}')
    return [name for name in known if name in names]
