"""Colours and type that all images of the project share."""
from __future__ import annotations

from matplotlib import rc_context

from .palette import person_color

__all__ = ['BASE', 'DISTILL', 'FAINT', 'HIGH', 'INK', 'PAPER', 'person_color',
           'plain_axes']

BASE = '#1f6fb2'  # the twin at base resolution
HIGH = '#d9622b'  # the twin at high resolution
DISTILL = '#7b3fa0'  # what goes from one to the other
INK = '#22262b'
FAINT = '#8a929b'
PAPER = '#ffffff'


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
