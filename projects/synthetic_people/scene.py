"""Whole images: who stands where, what covers what, and the labels.

Every shape is painted into a map of labels of twice the image's size. The
map gives the colours, and after shrinking smooth edges; it also says exactly
which pixels of whom can be seen, from which come masks, boxes and visibility.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sasd_mmpose.errors import InputError

from .body import POSES, Skeleton, articulate, sample_build, sample_pose
from .figure import Figure, FigureBuilder, Part, Shape, View
from .look import sample_colour, sample_look
from .scenery import cast_shadow, light, paint_background

SUPERSAMPLING = 2
"""Canvas pixels per image pixel, along each side."""
MIN_VISIBLE_KEYPOINTS = 3
"""Who shows fewer is left out of the image: no label could be fair."""
MIN_VISIBLE_AREA = 32.0
"""Who shows fewer pixels of the image is left out."""
_ATTEMPTS = 50
_SHIFT = 4


@dataclass(frozen=True)
class Person:
    """The labels of one person.

    Attributes:
        keypoints (dict[str, tuple[float, float, int]]): By name: x and y in
            pixels and COCO's visibility: 2 visible, 1 in the image but
            hidden, 0 outside of the image (x and y are 0 then).
        box (tuple[float, float, float, float]): x, y, width and height of the
            visible pixels, measured between pixel edges as COCO does.
        area (float): Visible pixels.
        span (tuple[int, int]): First and last of the person's labels in
            :attr:`Scene.labels`.
    """
    keypoints: dict[str, tuple[float, float, int]]
    box: tuple[float, float, float, float]
    area: float
    span: tuple[int, int]


@dataclass(frozen=True)
class Scene:
    """A rendered image.

    Attributes:
        image (np.ndarray): BGR uint8, (height, width, 3).
        people (tuple[Person, ...]): From far to near.
        labels (np.ndarray): Of each canvas pixel the number of the shape that
            is seen there, uint16, (height * SUPERSAMPLING, width *
            SUPERSAMPLING); 0 for the background.
        parts (np.ndarray): The :class:`Part` of each label, (n,).
    """
    image: np.ndarray
    people: tuple[Person, ...]
    labels: np.ndarray
    parts: np.ndarray

    def mask(self, person: Person) -> np.ndarray:
        """Visible pixels of one of the people on the canvas, bool."""
        first, last = person.span
        return ((self.labels >= first) & (self.labels <= last) &
                (self.parts[self.labels] != Part.PROP))


@dataclass(frozen=True)
class SceneSpec:
    """What images to draw.

    Attributes:
        smallest (tuple[int, int]): Least width and height, pixels.
        largest (tuple[int, int]): Greatest width and height, pixels.
        min_people (int): Least number of people to place.
        max_people (int): Greatest number of people to place.
        person_height (tuple[float, float]): Range of the height of people, as
            they would stand, in image heights.
        poses (tuple[str, ...]): Names of the poses they may take.
    """
    smallest: tuple[int, int]
    largest: tuple[int, int]
    min_people: int
    max_people: int
    person_height: tuple[float, float]
    poses: tuple[str, ...] = tuple(POSES)


@dataclass
class _Item:
    """Something to paint: a person, or an object (``figure`` is None)."""
    ground: float  # canvas row where it stands; nearer is lower
    shapes: list[Shape]
    figure: Figure | None


def to_canvas(points: np.ndarray) -> np.ndarray:
    """Image pixels (..., 2) as canvas pixels, both by pixel centres."""
    return (points + 0.5) * SUPERSAMPLING - 0.5


def to_image(points: np.ndarray) -> np.ndarray:
    """Canvas pixels (..., 2) as image pixels, both by pixel centres."""
    return (points + 0.5) / SUPERSAMPLING - 0.5


def render_scene(spec: SceneSpec, rng: np.random.Generator) -> Scene:
    """Draw an image of several people.

    Args:
        spec (SceneSpec): What to draw.
        rng (np.random.Generator): The only source of randomness.

    Raises:
        InputError: Where people cannot be seen at the sizes asked for.
    """
    width, height = (int(rng.integers(low, high + 1)) for low, high in zip(
        spec.smallest, spec.largest, strict=True))
    number = int(rng.integers(spec.min_people, spec.max_people + 1))
    for _ in range(_ATTEMPTS):
        scene = _attempt(spec, width, height, number, rng)
        if scene.people or spec.min_people == 0:
            return scene
    raise InputError(
        f'SyntheticPeople: nobody is large enough to be seen in {width}x'
        f'{height} images with person_height={spec.person_height}; raise '
        'image_size or person_height')


def _attempt(spec: SceneSpec, width: int, height: int, number: int,
             rng: np.random.Generator) -> Scene:
    elevation = float(np.clip(rng.normal(6.0, 9.0), -10.0, 35.0))
    horizon = height * rng.uniform(0.1, 0.75)
    angle = rng.uniform(0, 2 * np.pi)
    towards_light = np.array([np.cos(angle), np.sin(angle)])
    items = _place_people(spec, (width, height), number, horizon, elevation,
                          towards_light, rng)
    if rng.random() < 0.3:
        items.append(_obstacle(width, height, rng))
    items.sort(key=lambda item: item.ground)

    background = paint_background(width, height, horizon, rng)
    labels, people, items = _label_fairly(items, width, height)
    strength = rng.uniform(0.0, 0.5)
    for item in items:
        if item.figure is not None:
            _shade_ground(background, item, strength)
    image = _compose(background, labels, items)
    return Scene(light(image, rng), tuple(people), labels,
                 _shape_parts(items))


# -- placing ----------------------------------------------------------------


def _place_people(spec: SceneSpec, size: tuple[int, int], number: int,
                  horizon: float, elevation: float, towards_light: np.ndarray,
                  rng: np.random.Generator) -> list[_Item]:
    """Sample people; most keep apart, some overlap, some leave the image."""
    items: list[_Item] = []
    boxes: list[np.ndarray] = []
    canvas = SUPERSAMPLING * np.array(size)
    # Uniform in the root: more small people than large ones, but not many.
    low, high = np.sqrt(spec.person_height)
    eye = rng.uniform(0.6, 1.5)  # height of the camera over the ground
    crowded = rng.random() < 0.35
    # People of one image are often about equally far away.
    common = rng.uniform(low, high)
    together = rng.random() < 0.4
    for _ in range(number):
        body = articulate(sample_build(rng), sample_pose(rng, elevation, spec.poses))
        root = float(np.clip(common + rng.normal(0, 0.04), low, high)
                     if together else rng.uniform(low, high))
        view = View(float(canvas[1] * root**2), np.zeros(2),
                    float(rng.uniform(0.0, 0.3)), towards_light)
        extent = _extent(body, view)
        for _ in range(6):
            ground = SUPERSAMPLING * horizon + eye * view.scale
            origin = _sample_origin(extent, canvas, ground, rng)
            box = extent + np.tile(origin, 2)
            if crowded or all(_overlap(box, other) < 0.2 for other in boxes):
                break
        boxes.append(box)
        view = View(view.scale, origin, view.perspective, view.light)
        figure = FigureBuilder(body, sample_look(rng, body.build.curvy),
                               view).build()
        items.append(_Item(float(box[3]), figure.shapes, figure))
    return items


def _extent(body: Skeleton, view: View) -> np.ndarray:
    """Box (x1, y1, x2, y2) of a body round its pelvis, canvas pixels."""
    points = view.project(np.stack(list(body.joints.values())))
    margin = 0.05 * view.scale
    return np.concatenate([points.min(0) - margin, points.max(0) + margin])


def _sample_origin(extent: np.ndarray, canvas: np.ndarray, ground: float,
                   rng: np.random.Generator) -> np.ndarray:
    """Where the pelvis goes, (2,): inside, or at times across the border.

    Args:
        extent (np.ndarray): The body's box round its pelvis, (4,).
        canvas (np.ndarray): Width and height of the canvas, (2,).
        ground (float): Row of the ground for a person of this size.
        rng (np.random.Generator): The source of randomness.
    """
    size = extent[2:] - extent[:2]
    room = canvas - size
    beyond = 0.45 * size if rng.random() < 0.25 else np.zeros(2)
    low = np.minimum(-beyond, room)
    high = np.maximum(room + beyond, 0.0)
    corner = rng.uniform(low, high)
    if rng.random() < 0.7:
        stand = ground - size[1] + 0.05 * size[1] * rng.normal()
        corner[1] = np.clip(stand, low[1], high[1])
    return corner - extent[:2]


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection of two boxes as a share of the smaller one."""
    shared = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    smaller = min(np.prod(one[2:] - one[:2]), np.prod(other[2:] - other[:2]))
    return float(np.prod(np.maximum(shared, 0)) / max(smaller, 1.0))


def _obstacle(width: int, height: int, rng: np.random.Generator) -> _Item:
    """A thing that may stand in front of people: a box, a table, a pole."""
    size = SUPERSAMPLING * np.array([width, height])
    x, low = size * rng.uniform((0.0, 0.6), (1.0, 1.05))
    w, h = size * rng.uniform((0.08, 0.08), (0.4, 0.3))
    colour = sample_colour(rng)
    kind = rng.integers(3)

    def panel(x1: float, y1: float, x2: float, y2: float,
              tone: float) -> Shape:
        corners = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])
        return Shape(corners, colour * tone, int(Part.PROP))

    if kind == 0:
        shapes = [panel(x, low - h, x + w, low, 0.8),
                  panel(x + 0.06 * w, low - 0.93 * h, x + 0.94 * w,
                        low - 0.08 * h, 1.0)]
    elif kind == 1:
        shapes = [panel(x + 0.04 * w, low - h, x + 0.1 * w, low, 0.7),
                  panel(x + 0.9 * w, low - h, x + 0.96 * w, low, 0.7),
                  panel(x, low - h, x + w, low - 0.86 * h, 1.0)]
    else:
        shapes = [panel(x, -1.0, x + 0.12 * w, low, 0.8),
                  panel(x + 0.02 * w, -1.0, x + 0.07 * w, low, 1.0)]
    return _Item(float(low), shapes, None)


# -- labels -----------------------------------------------------------------


def _label_fairly(items: list[_Item], width: int, height: int
                  ) -> tuple[np.ndarray, list[Person], list[_Item]]:
    """Paint the map of labels, leaving out who would hardly be seen.

    Returns:
        tuple: The map (see :func:`_paint`), the people from far to near, and
        the items that were painted.
    """
    while True:
        labels = _paint(items, width, height)
        parts = _shape_parts(items)
        people, worst, worst_count = [], None, MIN_VISIBLE_KEYPOINTS
        first = 1
        for index, item in enumerate(items):
            last = first + len(item.shapes) - 1
            if item.figure is not None:
                person = _measure(item.figure, labels, parts, (first, last),
                                  _window([item], labels.shape),
                                  (width, height))
                count = sum(v == 2 for *_, v in person.keypoints.values())
                if person.area < MIN_VISIBLE_AREA:
                    count = -1
                if count < worst_count:
                    worst, worst_count = index, count
                people.append(person)
            first = last + 1
        if worst is None:
            return labels, people, items
        # One at a time: whoever stood behind may be seen well enough now.
        items = items[:worst] + items[worst + 1:]


def _paint(items: list[_Item], width: int, height: int) -> np.ndarray:
    """Paint all shapes from back to front.

    Returns:
        np.ndarray: uint16 of the canvas' size; 0 is background, else the
        shape's running number plus 1.
    """
    labels = np.zeros((height * SUPERSAMPLING, width * SUPERSAMPLING),
                      np.uint16)
    outlines = [shape.points for item in items for shape in item.shapes]
    if not outlines:
        return labels
    corners = np.concatenate(outlines) * (1 << _SHIFT)
    corners = np.rint(corners).astype(np.int32)
    start = 0
    for number, outline in enumerate(outlines, 1):
        end = start + len(outline)
        cv2.fillConvexPoly(labels, corners[start:end], number, cv2.LINE_8,
                           _SHIFT)
        start = end
    return labels


def _window(items: list[_Item],
            shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of a canvas (h, w) that items can touch.

    Returns:
        tuple[int, int, int, int]: Left, top, right and bottom, multiples of
        ``SUPERSAMPLING`` within the canvas; not empty.
    """
    points = np.concatenate(
        [part.points for item in items for part in item.shapes])
    x, y, w, h = cv2.boundingRect(points.astype(np.float32))
    edges = []
    for start, extent, limit in ((x, w, shape[1]), (y, h, shape[0])):
        limit //= SUPERSAMPLING
        low = min(max(start // SUPERSAMPLING - 1, 0), limit - 1)
        high = (start + extent) // SUPERSAMPLING + 2
        edges.append((low, min(max(high, low + 1), limit)))
    (left, right), (top, bottom) = edges
    return tuple(edge * SUPERSAMPLING for edge in (left, top, right, bottom))


def _shape_parts(items: list[_Item]) -> np.ndarray:
    """The part that each label shows, (n,); -1 for the background."""
    return np.array(
        [-1, *(shape.part for item in items for shape in item.shapes)])


def _measure(figure: Figure, labels: np.ndarray, parts: np.ndarray,
             span: tuple[int, int], window: tuple[int, int, int, int],
             size: tuple[int, int]) -> Person:
    """Labels of one person from its visible pixels.

    Args:
        figure (Figure): The person.
        labels (np.ndarray): The map of labels.
        parts (np.ndarray): The part of each label, (n,).
        span (tuple[int, int]): The person's first and last label.
        window (tuple[int, int, int, int]): A box of the canvas that holds all
            of the person's pixels, as left, top, right and bottom.
        size (tuple[int, int]): Width and height of the image.
    """
    left, top, right, bottom = window
    near = labels[top:bottom, left:right]
    mask = cv2.inRange(near, *span)
    for prop in np.flatnonzero(parts[span[0]:span[1] + 1] == Part.PROP):
        mask[near == span[0] + prop] = 0
    x, y, w, h = cv2.boundingRect(mask)
    area = cv2.countNonZero(mask) / SUPERSAMPLING**2
    box = ((x + left) / SUPERSAMPLING, (y + top) / SUPERSAMPLING,
           w / SUPERSAMPLING, h / SUPERSAMPLING)

    names = list(figure.landmarks)
    canvas = np.array([figure.landmarks[name].point for name in names])
    points = to_image(canvas)
    inside = ((points >= 0) & (points <= np.array(size) - 1)).all(1)
    seen = _parts_at(canvas, labels, parts, span)
    keypoints = {}
    for i, name in enumerate(names):
        if not inside[i]:
            keypoints[name] = (0.0, 0.0, 0)
            continue
        visible = not figure.landmarks[name].hosts.isdisjoint(seen[i])
        keypoints[name] = (float(points[i, 0]), float(points[i, 1]),
                           2 if visible else 1)
    return Person(keypoints, box, area, span)


_NEAR = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), -1).reshape(1, 9, 2)


def _parts_at(points: np.ndarray, labels: np.ndarray, parts: np.ndarray,
              span: tuple[int, int]) -> list[list[int]]:
    """The person's parts on the 3x3 canvas pixels round each point (n, 2)."""
    limit = np.array(labels.shape[::-1]) - 1
    columns, rows = np.moveaxis(
        np.clip(np.rint(points).astype(int)[:, None] + _NEAR, 0, limit), -1, 0)
    found = labels[rows, columns]
    own = (found >= span[0]) & (found <= span[1])
    return np.where(own, parts[found], -1).tolist()


# -- colours ----------------------------------------------------------------


def _compose(background: np.ndarray, labels: np.ndarray,
             items: list[_Item]) -> np.ndarray:
    """Colour the map of labels, shrink it and lay it over a background."""
    if not items:
        return background
    shapes = [shape for item in items for shape in item.shapes]
    colours = np.zeros((1 + len(shapes), 4))
    colours[1:, :3] = [shape.colour for shape in shapes]
    colours[1:, 3] = 255.0
    packed = colours.clip(0, 255).astype(np.uint8).view(np.uint32)[:, 0]
    left, top, right, bottom = _window(items, labels.shape)
    near = labels[top:bottom, left:right]
    # Without a check of bounds, which every label meets, this is twice as fast.
    canvas = packed.take(near, mode='clip').view(np.uint8)
    canvas = canvas.reshape(*near.shape, 4)
    layer = cv2.resize(
        canvas, ((right - left) // SUPERSAMPLING,
                 (bottom - top) // SUPERSAMPLING),
        interpolation=cv2.INTER_AREA)
    blue, green, red, alpha = cv2.split(layer)
    rest = cv2.bitwise_not(alpha)
    image = background.copy()
    patch = image[top // SUPERSAMPLING:bottom // SUPERSAMPLING,
                  left // SUPERSAMPLING:right // SUPERSAMPLING]
    behind = cv2.multiply(patch, cv2.merge([rest, rest, rest]), scale=1 / 255)
    patch[:] = cv2.add(behind, cv2.merge([blue, green, red]))
    return image


def _shade_ground(background: np.ndarray, item: _Item,
                  strength: float) -> None:
    feet = np.concatenate([
        shape.points for shape in item.shapes if shape.part >= Part.FOOT
    ])
    low = to_image(feet.max(0))
    left, right = to_image(feet)[:, 0].min(), to_image(feet)[:, 0].max()
    half = 0.6 * (right - left) + 2
    cast_shadow(background, ((left + right) / 2, low[1] - 0.1 * half), half,
                strength)
