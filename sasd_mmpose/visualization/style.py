"""Colours and type that all images of the project share."""
from __future__ import annotations

from matplotlib import rc_context

BASE = '#1f6fb2'  # the twin at base resolution
HIGH = '#d9622b'  # the twin at high resolution
DISTILL = '#7b3fa0'  # what goes from one to the other
INK = '#22262b'
FAINT = '#8a929b'
PAPER = '#ffffff'

# Told apart by people who see colours differently, too; none of them is one
# of the above.
PERSONS = ('#e6194b', '#3cb44b', '#4363d8', '#f58231', '#12a5b5', '#f032e6',
           '#a07800', '#7f3fbf', '#1d7a3f', '#5d4037')


def person_color(index: int) -> str:
    """Return the colour of the person with this number, as ``'#rrggbb'``."""
    return PERSONS[index % len(PERSONS)]


def to_bgr(color: str) -> tuple[int, int, int]:
    """Turn ``'#rrggbb'`` into what OpenCV draws with."""
    red, green, blue = (int(color[i:i + 2], 16) for i in (1, 3, 5))
    return blue, green, red


def plain_axes() -> rc_context:
    """Return a context in which matplotlib draws without ornaments."""
    return rc_context({
        'font.family': 'DejaVu Sans',
        'font.size': 9,
        'axes.edgecolor': FAINT,
        'axes.labelcolor': INK,
        'axes.spines.top': False,
        'axes.spines.right': False,
        'axes.titlelocation': 'left',
        'axes.titlesize': 10,
        'axes.titleweight': 'bold',
        'axes.titlecolor': INK,
        'axes.grid': True,
        'grid.color': '#e6e8ea',
        'grid.linewidth': 0.8,
        'xtick.color': INK,
        'ytick.color': INK,
        'legend.frameon': False,
        'legend.fontsize': 8,
    })
