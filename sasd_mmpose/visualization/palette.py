"""Colours of people, as all images of the project use them."""
from __future__ import annotations

# Told apart by people who see colours differently, too; none of them is one
# of the colours of the twins.
PERSONS = ('#e6194b', '#3cb44b', '#4363d8', '#f58231', '#12a5b5', '#f032e6',
           '#a07800', '#7f3fbf', '#1d7a3f', '#5d4037')


def person_color(index: int) -> str:
    """Return the colour of the person with this number, as ``'#rrggbb'``."""
    return PERSONS[index % len(PERSONS)]


def to_bgr(color: str) -> tuple[int, int, int]:
    """Turn ``'#rrggbb'`` into what OpenCV draws with."""
    red, green, blue = (int(color[i:i + 2], 16) for i in (1, 3, 5))
    return blue, green, red
