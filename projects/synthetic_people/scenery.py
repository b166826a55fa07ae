"""What surrounds the people: rooms, streets, clutter, light and noise."""
from __future__ import annotations

import cv2
import numpy as np

from .look import sample_colour, sample_skin

_SHIFT = 4


def _corners(points: object) -> np.ndarray:
    """Corners (n, 2) as cv2's fixed-point integers."""
    return np.round(np.asarray(points, float) * (1 << _SHIFT)).astype(np.int32)


def _fill(image: np.ndarray, points: object, colour: np.ndarray) -> None:
    cv2.fillPoly(image, [_corners(points)], colour.tolist(), cv2.LINE_AA,
                 _SHIFT)


def _box(image: np.ndarray, x: float, y: float, w: float, h: float,
         colour: np.ndarray) -> None:
    cv2.rectangle(image, (round(x), round(y)), (round(x + w), round(y + h)),
                  colour.tolist(), cv2.FILLED)


def _blob(image: np.ndarray, x: float, y: float, rx: float, ry: float,
          colour: np.ndarray, angle: float = 0.0) -> None:
    cv2.ellipse(image, (round(x), round(y)), (max(round(rx), 1),
                                              max(round(ry), 1)), angle, 0,
                360, colour.tolist(), cv2.FILLED, cv2.LINE_AA)


def _line(image: np.ndarray, start: tuple[float, float],
          end: tuple[float, float], colour: np.ndarray, width: float) -> None:
    start, end = ((round(x), round(y)) for x, y in (start, end))
    cv2.line(image, start, end, colour.tolist(), max(round(width), 1),
             cv2.LINE_AA)


def _room(image: np.ndarray, horizon: float, rng: np.random.Generator) -> None:
    """A wall with windows, framed prints and shelves, a floor, and furniture."""
    height, width = image.shape[:2]
    floor = min(horizon + height * rng.uniform(0.08, 0.3), height * 0.97)
    wall, ground = sample_colour(rng), sample_colour(rng)
    wall = 0.4 * wall + 0.6 * rng.uniform(120, 230)
    image[:] = wall.astype(np.uint8)
    image[int(floor):] = ground.astype(np.uint8)
    if rng.random() < 0.35:  # wallpaper
        step = width * rng.uniform(0.04, 0.14)
        for x in np.arange(0, width, step):
            _box(image, x, 0, step * 0.45, floor, wall * 0.92)
    if rng.random() < 0.5:  # floor boards towards a vanishing point
        centre = width * rng.uniform(0.2, 0.8)
        for x in np.linspace(-2 * width, 3 * width, 26):
            _line(image, (centre + 0.25 * (x - centre), floor), (x, height),
                  ground * 0.8, width / 250)
    _box(image, 0, floor - height * 0.02, width, height * 0.02, wall * 0.75)
    for _ in range(rng.integers(1, 5)):
        x, w = width * rng.uniform(-0.1, 0.95), width * rng.uniform(0.08, 0.3)
        h = height * rng.uniform(0.08, 0.4)
        y = max(floor - h - height * rng.uniform(0.05, 0.5), -h / 2)
        rng.choice((_window, _shelf, _framed_print))(image, x, y, w, h, rng)
    for _ in range(rng.integers(1, 4)):
        w, h = width * rng.uniform(0.1, 0.4), height * rng.uniform(0.08, 0.3)
        x = width * rng.uniform(-0.1, 0.95)
        rng.choice((_table, _sofa, _lamp))(image, x, floor +
                                           height * 0.04, w, h, rng)


def _window(image: np.ndarray, x: float, y: float, w: float, h: float,
            rng: np.random.Generator) -> None:
    frame, glass = sample_colour(rng), np.array([235.0, 215.0, 190.0])
    _box(image, x, y, w, h, frame)
    for i in range(2):
        for j in range(2):
            _box(image, x + w * (0.07 + 0.46 * i), y + h * (0.06 + 0.46 * j),
                 w * 0.4, h * 0.4, glass * rng.uniform(0.8, 1.05))


def _framed_print(image: np.ndarray, x: float, y: float, w: float, h: float,
             rng: np.random.Generator) -> None:
    _box(image, x, y, w, h, sample_colour(rng))
    _box(image, x + w * 0.1, y + h * 0.1, w * 0.8, h * 0.8,
         sample_colour(rng))
    for _ in range(3):
        _blob(image, x + w * rng.uniform(0.25, 0.75),
              y + h * rng.uniform(0.25, 0.75), w * rng.uniform(0.05, 0.25),
              h * rng.uniform(0.05, 0.25), sample_colour(rng),
              rng.uniform(0, 180))


def _shelf(image: np.ndarray, x: float, y: float, w: float, h: float,
           rng: np.random.Generator) -> None:
    wood = sample_colour(rng)
    _box(image, x, y, w, h, wood * 0.55)
    rows = rng.integers(2, 4)
    for row in range(rows):
        low = y + h * (row + 1) / rows
        at = x + w * 0.04
        while at < x + w * 0.9:
            wide = w * rng.uniform(0.04, 0.11)
            tall = h / rows * rng.uniform(0.5, 0.88)
            _box(image, at, low - tall, wide, tall, sample_colour(rng))
            at += wide * rng.uniform(1.0, 1.5)
        _box(image, x, low - h * 0.03, w, h * 0.05, wood)


def _table(image: np.ndarray, x: float, low: float, w: float, h: float,
           rng: np.random.Generator) -> None:
    wood = sample_colour(rng)
    for leg in (0.05, 0.88):
        _box(image, x + w * leg, low - h, w * 0.07, h, wood * 0.7)
    _box(image, x, low - h, w, h * 0.14, wood)


def _sofa(image: np.ndarray, x: float, low: float, w: float, h: float,
          rng: np.random.Generator) -> None:
    cloth = sample_colour(rng)
    _box(image, x, low - h, w, h, cloth * 0.8)
    _box(image, x + w * 0.1, low - h * 0.5, w * 0.8, h * 0.3, cloth)
    for side in (0.0, 0.88):
        _box(image, x + w * side, low - h * 0.65, w * 0.12, h * 0.65,
             cloth * 0.9)


def _lamp(image: np.ndarray, x: float, low: float, w: float, h: float,
          rng: np.random.Generator) -> None:
    h = 2.2 * h
    _line(image, (x, low), (x, low - h), sample_colour(rng) * 0.6, w * 0.06)
    _fill(image, [(x - 0.2 * w, low - h), (x + 0.2 * w, low - h),
                  (x + 0.1 * w, low - 1.25 * h), (x - 0.1 * w,
                                                  low - 1.25 * h)],
          sample_colour(rng))


def _outdoors(image: np.ndarray, horizon: float,
              rng: np.random.Generator) -> None:
    """Sky, hills or houses, trees, and a ground with a path."""
    height, width = image.shape[:2]
    sky = np.array([[rng.uniform(180, 250), rng.uniform(150, 215),
                     rng.uniform(90, 200)],
                    [rng.uniform(200, 250), rng.uniform(190, 235),
                     rng.uniform(170, 240)]])
    line = int(np.clip(horizon, 1, height - 1))
    fade = np.linspace(0, 1, line)[:, None]
    image[:line] = (sky[0] * (1 - fade) + sky[1] * fade)[:, None]
    ground = np.array([[60, 130, 80], [70, 150, 125], [120, 125, 130],
                       [150, 190, 215], [90, 100, 105]],
                      float)[rng.integers(5)] * rng.uniform(0.7, 1.15)
    fade = np.linspace(1.12, 0.85, height - line)[:, None]
    image[line:] = np.clip(ground * fade, 0, 255)[:, None]
    for _ in range(rng.integers(0, 5)):
        _blob(image, width * rng.random(), line * rng.uniform(0, 0.7),
              width * rng.uniform(0.05, 0.2), height * rng.uniform(0.01, 0.05),
              np.array([250.0, 248.0, 245.0]))
    if rng.random() < 0.5:
        x = np.linspace(0, width, 12)
        ridge = line - height * rng.uniform(0.0, 0.18, 12)
        _fill(image, [(0, line), *zip(x, ridge, strict=True), (width, line)],
              ground * 0.7 + sky[1] * 0.25)
    for _ in range(rng.integers(0, 4)):
        _house(image, width * rng.uniform(-0.1, 0.9), line + height * 0.02,
               width * rng.uniform(0.1, 0.4), height * rng.uniform(0.1, 0.5),
               rng)
    if rng.random() < 0.4:
        middle = width * rng.uniform(0.1, 0.9)
        _fill(image, [(middle - 3, line), (middle + 3, line),
                      (middle + width * rng.uniform(0.1, 0.7), height),
                      (middle - width * rng.uniform(0.1, 0.7), height)],
              sample_colour(rng) * 0.3 + 90)
    for _ in range(rng.integers(0, 5)):
        _tree(image, width * rng.random(),
              line + (height - line) * 0.3 * rng.random(),
              height * rng.uniform(0.1, 0.55), rng)


def _house(image: np.ndarray, x: float, low: float, w: float, h: float,
           rng: np.random.Generator) -> None:
    wall, glass = sample_colour(rng) * 0.6 + 60, sample_colour(rng)
    _box(image, x, low - h, w, h, wall)
    if rng.random() < 0.5:
        _fill(image, [(x - w * 0.06, low - h), (x + w * 1.06, low - h),
                      (x + w * 0.5, low - h * 1.35)], sample_colour(rng))
    columns, rows = rng.integers(2, 5), rng.integers(1, 5)
    for i in range(columns):
        for j in range(rows):
            _box(image, x + w * (i + 0.25) / columns,
                 low - h + h * (j + 0.2) / rows, w * 0.5 / columns,
                 h * 0.5 / rows, glass)


def _tree(image: np.ndarray, x: float, low: float, h: float,
          rng: np.random.Generator) -> None:
    leaf = np.array([rng.uniform(30, 80), rng.uniform(80, 150),
                     rng.uniform(40, 130)])
    _line(image, (x, low), (x + h * rng.normal(0, 0.04), low - 0.6 * h),
          np.array([40.0, 60.0, 85.0]), 0.06 * h)
    for _ in range(5):
        _blob(image, x + h * rng.normal(0, 0.13),
              low - h * rng.uniform(0.5, 0.95), h * rng.uniform(0.1, 0.2),
              h * rng.uniform(0.08, 0.18), leaf * rng.uniform(0.75, 1.2))


def _abstract(image: np.ndarray, horizon: float,
              rng: np.random.Generator) -> None:
    """Soft colours and random shapes."""
    height, width = image.shape[:2]
    del horizon
    cells = rng.integers(2, 6, 2)
    grid = np.stack([sample_colour(rng) for _ in range(cells.prod())])
    grid = grid.reshape(*cells, 3).astype(np.uint8)
    image[:] = cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(rng.integers(3, 16)):
        x, y = width * rng.random(), height * rng.random()
        size = min(width, height) * rng.uniform(0.03, 0.25)
        kind = rng.integers(3)
        if kind == 0:
            _blob(image, x, y, size, size * rng.uniform(0.3, 1),
                  sample_colour(rng), rng.uniform(0, 180))
        elif kind == 1:
            _box(image, x, y, size, size * rng.uniform(0.3, 2),
                 sample_colour(rng))
        else:
            _fill(image, np.array([x, y]) + rng.normal(0, size, (4, 2)),
                  sample_colour(rng))


def _clutter(image: np.ndarray, rng: np.random.Generator) -> None:
    """Things that share colours and shapes with people, but are none.

    Bent rods like arms and legs, balls like heads, bags and empty clothes.
    """
    height, width = image.shape[:2]
    size = min(height, width)
    for _ in range(rng.integers(0, 6)):
        at = np.array([width, height]) * rng.random(2)
        colour = sample_skin(rng) if rng.random() < 0.5 else sample_colour(rng)
        kind = rng.random()
        if kind < 0.55:
            angle = rng.uniform(0, 2 * np.pi)
            length = size * rng.uniform(0.03, 0.16)
            thick = length * rng.uniform(0.15, 0.5)
            for _ in range(rng.integers(1, 4)):
                step = length * np.array([np.cos(angle), np.sin(angle)])
                _line(image, tuple(at), tuple(at + step), colour, thick)
                at = at + step
                angle += rng.normal(0, 0.9)
                thick *= 0.8
        elif kind < 0.75:
            radius = size * rng.uniform(0.012, 0.06)
            _blob(image, *at, radius, radius * 1.2, colour * 0.8)
            _blob(image, *(at - 0.1 * radius), radius * 0.85, radius, colour)
        else:  # a hanging shirt or a bag
            w, h = size * rng.uniform(0.03, 0.12, 2)
            _fill(image, at + np.array([[-w, 0], [w, 0], [0.8 * w, 2 * h],
                                        [-0.8 * w, 2 * h]]), colour)
            _fill(image, at + np.array([[-w, 0], [-1.6 * w, h], [-1.3 * w,
                                                                 1.2 * h],
                                        [-0.8 * w, 0.5 * h]]), colour * 0.9)


_PLACES = (_room, _room, _outdoors, _outdoors, _abstract)


def paint_background(width: int, height: int, horizon: float,
                     rng: np.random.Generator) -> np.ndarray:
    """Paint an image without people.

    Args:
        width (int): Pixels.
        height (int): Pixels.
        horizon (float): Row of the horizon, pixels from the top; may lie
            outside of the image.
        rng (np.random.Generator): The source of randomness.

    Returns:
        np.ndarray: BGR uint8, (height, width, 3).
    """
    image = np.empty((height, width, 3), np.uint8)
    place = _PLACES[rng.integers(len(_PLACES))]
    place(image, float(np.clip(horizon, 0.05 * height, 0.9 * height)), rng)
    _clutter(image, rng)
    if rng.random() < 0.4:  # a background out of focus
        size = 2 * int(rng.integers(1, 4)) + 1
        image = cv2.blur(image, (size, size))
    return image


def cast_shadow(image: np.ndarray, centre: tuple[float, float], half: float,
                strength: float) -> None:
    """Darken the ground under a person, in place.

    Args:
        image (np.ndarray): BGR uint8.
        centre (tuple[float, float]): Pixels.
        half (float): Half width of the shadow, pixels.
        strength (float): 0 none, 1 black.
    """
    height, width = image.shape[:2]
    flat = max(0.22 * half, 1.0)
    left, right = int(max(centre[0] - half, 0)), int(centre[0] + half) + 1
    top, bottom = int(max(centre[1] - flat, 0)), int(centre[1] + flat) + 1
    patch = image[top:min(bottom, height), left:min(right, width)]
    if patch.size == 0:
        return
    mask = np.zeros(patch.shape[:2], np.uint8)
    _blob(mask[..., None], centre[0] - left, centre[1] - top, half, flat,
          np.array([255.0]))
    dark = (patch * (1 - strength)).astype(np.uint8)
    np.copyto(patch, dark, where=mask[..., None] > 0)


def light(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Uneven light, a colour cast, grain, blur: what a camera adds.

    Args:
        image (np.ndarray): BGR uint8, (h, w, 3).
        rng (np.random.Generator): The source of randomness.

    Returns:
        np.ndarray: BGR uint8, (h, w, 3).
    """
    height, width = image.shape[:2]
    level = 110 * rng.uniform(0.8, 1.25)
    grid = level * (rng.uniform(0.75, 1.2, (3, 3, 1)) *
                    rng.uniform(0.92, 1.08, 3))
    gain = cv2.resize(grid.clip(30, 200).astype(np.uint8), (width, height),
                      interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.1))
    grain = int(rng.integers(1, 20))
    noise = rng.integers(0, grain, (height, width), np.uint8)
    gain = cv2.add(gain, cv2.merge([noise, noise, noise]))
    return cv2.multiply(image, gain, scale=1 / (110 + grain / 2))
