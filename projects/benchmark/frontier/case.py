"""What takes part: a net at a size, on a runtime, as it is deployed."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from sasd_mmpose.inference.person import Person

from ..timing import Timing

FindPeople = Callable[[np.ndarray], Sequence[Person]]


class Timed(Protocol):
    """Something that finds people and can be timed."""

    def run(self, image: np.ndarray, index: int) -> Timing:
        """Find the people of an image (H, W, 3), BGR, uint8; see `Pipeline`."""


class Case(NamedTuple):
    """What takes part.

    Attributes:
        net (str): Name of the net.
        runtime (str): What runs it.
        size (int): Side of the square network input in pixels.
        precision (str): ``'fp32'``, ``'fp16'``, ``'int8'``, or ``'int8-conv'``
            for convolutions alone.
        flip (bool): Whether with the flip test.
    """
    net: str
    runtime: str
    size: int
    precision: str = 'fp32'
    flip: bool = False

    @property
    def name(self) -> str:
        """All of it in one word, for files and keys."""
        flip = ['flip'] if self.flip else []
        return '-'.join(
            [self.net, str(self.size), self.runtime, self.precision, *flip])


class Ready(NamedTuple):
    """A case that is ready to run.

    Attributes:
        timed (Timed): As it is deployed.
        find_people (FindPeople | None): Down to the doubtful ones, which decide
            AP, too; None for weights that find nobody.
        weights (str): Where the weights come from, in words.
    """
    timed: Timed
    find_people: FindPeople | None
    weights: str


class Setting(NamedTuple):
    """How cases are made ready.

    Attributes:
        cache (Path): Folder that keeps exported nets.
        threads (int): Threads to compute with.
    """
    cache: Path
    threads: int
