"""What people wear: skin, hair and clothes, and how colours are sampled.

Colours are BGR triples of floats in [0, 255].
"""
from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

Colour = np.ndarray

_SKINS = np.array([[196, 219, 246], [172, 201, 236], [150, 186, 228],
                   [125, 164, 212], [98, 138, 190], [74, 108, 160],
                   [54, 80, 124], [40, 58, 92]], float)
_HAIRS = np.array([[24, 22, 26], [30, 38, 52], [40, 62, 96], [52, 92, 140],
                   [96, 160, 205], [130, 195, 228], [40, 84, 170],
                   [150, 152, 155], [215, 216, 220]], float)
_HAIR_STYLES = ('short', 'short', 'short', 'long', 'long', 'bob', 'tail',
                'bun', 'bald', 'cap', 'cap', 'beanie')


def sample_colour(rng: np.random.Generator) -> Colour:
    """Sample a colour of the kinds that clothes and furniture have."""
    kind = rng.random()
    hue, level = rng.random(), rng.random()
    if kind < 0.35:
        saturation, value = 0.55 + 0.4 * level, rng.uniform(0.45, 0.95)
    elif kind < 0.7:
        saturation, value = 0.15 + 0.35 * level, rng.uniform(0.3, 0.9)
    elif kind < 0.85:
        saturation, value = 0.12 * level, rng.uniform(0.1, 0.35)
    else:
        saturation, value = 0.08 * level, rng.uniform(0.8, 0.98)
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return np.array([blue, green, red]) * 255.0


def sample_skin(rng: np.random.Generator) -> Colour:
    """Sample a skin tone."""
    tone = rng.uniform(0, len(_SKINS) - 1)
    low = int(tone)
    skin = _SKINS[low] + (tone - low) * (_SKINS[min(low + 1,
                                                    len(_SKINS) - 1)] -
                                         _SKINS[low])
    return skin * rng.uniform(0.93, 1.03)


@dataclass(frozen=True)
class Look:
    """The outfit of one person.

    Attributes:
        skin (Colour): Skin tone.
        hair (Colour): Hair.
        hair_style (str): One of ``_HAIR_STYLES``.
        hat (Colour): The cap's or beanie's colour.
        shirt (Colour): What covers the trunk.
        stripe (Colour | None): Second colour of a striped shirt.
        front (Colour | None): What an open jacket or a tie shows in front.
        front_width (float): Half width of that, in shares of the shoulder's.
        sleeve (float): Length: 0 none, 1 to the elbow, 2 to the wrist.
        legwear (str): ``'trousers'``, ``'shorts'``, ``'skirt'`` or ``'dress'``.
        bottom (Colour): The legwear's colour.
        leg (float): Length of trousers or shorts: 1 to the knee, 2 to the
            ankle.
        loose (float): How far cloth stands off the limbs, as a factor.
        shoe (Colour): Shoes.
        sock (Colour | None): Socks, where they show.
        glasses (bool): Whether the person wears glasses.
        beard (bool): Whether the person wears a beard.
    """
    skin: Colour
    hair: Colour
    hair_style: str
    hat: Colour
    shirt: Colour
    stripe: Colour | None
    front: Colour | None
    front_width: float
    sleeve: float
    legwear: str
    bottom: Colour
    leg: float
    loose: float
    shoe: Colour
    sock: Colour | None
    glasses: bool
    beard: bool


def sample_look(rng: np.random.Generator, curvy: float) -> Look:
    """Sample an outfit.

    Args:
        rng (np.random.Generator): The source of randomness.
        curvy (float): The build's ``curvy``; skirts and beards follow it.
    """

    def pick(*options):
        return options[rng.integers(len(options))]

    shirt = sample_colour(rng)
    if curvy > 0.55 and rng.random() < 0.45:
        legwear = pick('skirt', 'dress', 'trousers')
    else:
        legwear = pick('trousers', 'trousers', 'trousers', 'shorts')
    shorts = legwear == 'shorts'
    pattern = rng.random()
    return Look(
        skin=sample_skin(rng),
        hair=pick(*_HAIRS) * rng.uniform(0.85, 1.1),
        hair_style=pick(*_HAIR_STYLES),
        hat=sample_colour(rng),
        shirt=shirt,
        stripe=sample_colour(rng) if pattern < 0.25 else None,
        front=sample_colour(rng) if pattern > 0.72 else None,
        front_width=pick(0.12, 0.3, 0.42),
        sleeve=pick(0.0, 0.45, 0.55, 0.6, 1.2, 2.0, 2.0, 2.0),
        legwear=legwear,
        bottom=shirt if legwear == 'dress' else sample_colour(rng),
        leg=rng.uniform(0.55, 1.1) if shorts else pick(1.6, 1.95, 1.95, 2.0),
        loose=rng.uniform(1.08, 1.4),
        shoe=sample_colour(rng),
        sock=sample_colour(rng) if rng.random() < 0.5 else None,
        glasses=rng.random() < 0.2,
        beard=curvy < 0.5 and rng.random() < 0.3)
