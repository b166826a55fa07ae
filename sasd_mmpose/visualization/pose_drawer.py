"""Skeletons on images."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import cv2
import numpy as np

from .palette import person_color, to_bgr

# OpenCV takes coordinates with this many binary digits after the point.
_SHIFT = 4
# Beyond any image; a line takes time even where nobody sees it.
_LIMIT = 2**15
_OUTLINE = (31, 27, 27)
_RIM = (255, 255, 255)
# A person whose box has this side, in pixels, gets lines one pixel thick.
_SIDE_PER_THICKNESS = 55


class PersonLike(Protocol):
    """What is drawn of a person; see :class:`sasd_mmpose.Person`."""

    @property
    def box(self) -> np.ndarray: ...

    @property
    def keypoints(self) -> np.ndarray: ...

    @property
    def keypoint_scores(self) -> np.ndarray: ...


class DrawingStyle(NamedTuple):
    """How people are drawn.

    Attributes:
        keypoint_thr (float): Keypoints below this score are hidden, and so
            are their bones.
        boxes (bool): Whether to draw the boxes.
        thickness (int | None): Of the bones, in pixels; None for one that
            follows from the size of each person.
        legend (bool): Whether to write which colours are left and right.
    """
    keypoint_thr: float = 0.3
    boxes: bool = False
    thickness: int | None = None
    legend: bool = False


class PoseDrawer:
    """Draws the bones and joints of persons, in the colours of the metainfo.

    Those tell left from right. The persons that look largest are drawn last,
    since they are mostly in front; a dark rim keeps crossing limbs apart. Who
    has an identity gets bones in its colour, and its number.

    Args:
        metainfo (Mapping): Parsed meta information: bones and colours.
        keypoint_thr (float): See :class:`DrawingStyle`.
        style (DrawingStyle | None): All of the style, in place of the threshold.
        keypoint_names (Sequence[str]): Of the K keypoints, for the legend.
    """

    def __init__(self, metainfo: Mapping[str, Any], keypoint_thr: float = 0.3,
                 style: DrawingStyle | None = None,
                 keypoint_names: Sequence[str] = ()) -> None:
        self.bones = [tuple(bone) for bone in metainfo['skeleton_links']]
        self.bone_colors = _rgb_to_bgr(metainfo['skeleton_link_colors'])
        self.joint_colors = _rgb_to_bgr(metainfo['keypoint_colors'])
        self.style = style or DrawingStyle(keypoint_thr)
        self.sides = _side_colors(keypoint_names, self.joint_colors)

    def __call__(self, image: np.ndarray, persons: Sequence[PersonLike]) -> np.ndarray:
        """Draw persons on a copy of an image.

        Args:
            image (np.ndarray): (H, W, 3), BGR, uint8.
            persons (Sequence[PersonLike]): In pixels of the image.

        Returns:
            np.ndarray: The drawn image, of the same shape.
        """
        canvas = np.ascontiguousarray(image).copy()
        for person in sorted(persons, key=_side):
            self._draw(canvas, person)
        if self.style.legend:
            _draw_legend(canvas, self.sides)
        return canvas

    def _draw(self, canvas: np.ndarray, person: PersonLike) -> None:
        thickness = self.style.thickness or max(
            1, round(_side(person) / _SIDE_PER_THICKNESS))
        identity: int | None = getattr(person, 'identity', None)
        own = None if identity is None else to_bgr(person_color(identity - 1))
        if self.style.boxes:
            _draw_box(canvas, person.box, own or _RIM, thickness)
        shown = (person.keypoint_scores >= self.style.keypoint_thr) & np.isfinite(
            person.keypoints).all(axis=1)
        points = [_fixed_point(point) for point in person.keypoints]
        visible = [(own or color, points[a], points[b])
                   for color, (a, b) in zip(self.bone_colors, self.bones, strict=True)
                   if shown[a] and shown[b]]
        rim = thickness + max(2, thickness // 2)
        for _, start, end in visible:
            cv2.line(canvas, start, end, _OUTLINE, rim, cv2.LINE_AA, _SHIFT)
        for color, start, end in visible:
            cv2.line(canvas, start, end, color, thickness, cv2.LINE_AA, _SHIFT)
        radius = 0.9 * thickness + 0.6
        for index in np.flatnonzero(shown):
            for size, color in ((radius + 0.8, _RIM),
                                (radius, self.joint_colors[index])):
                cv2.circle(canvas, points[index], round(size * 2**_SHIFT),
                           color, -1, cv2.LINE_AA, _SHIFT)
        if identity is not None and own is not None:
            _draw_number(canvas, person.box, identity, own, thickness)


def _draw_box(canvas: np.ndarray, box: np.ndarray, color: tuple[int, int, int],
              thickness: int) -> None:
    """Draw the outline of a box (4,) xyxy."""
    low, high = _fixed_point(box[:2]), _fixed_point(box[2:])
    for ink, width in (_OUTLINE, thickness + 2), (color, thickness):
        cv2.rectangle(canvas, low, high, ink, width, cv2.LINE_AA, _SHIFT)


def _draw_number(canvas: np.ndarray, box: np.ndarray, number: int,
                 color: tuple[int, int, int], thickness: int) -> None:
    """Write a number above a box (4,) xyxy, or inside where the image ends."""
    scale = 0.4 + 0.07 * thickness
    x, y = (value >> _SHIFT for value in _fixed_point(box[:2]))
    place = (max(x, 0), y - 4 if y > 30 * scale else max(y, 0) + round(28 * scale))
    write_line(canvas, str(number), place, color, scale)


def write_line(canvas: np.ndarray, text: str, place: tuple[int, int],
               color: tuple[int, int, int], scale: float) -> None:
    """Write a line with a rim; its lower left corner is at the place."""
    for ink, width in (_RIM, 8), (color, 3):
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, ink,
                    max(1, round(width * scale)), cv2.LINE_AA)


def _side_colors(names: Sequence[str], colors: Sequence[tuple[int, int, int]]
                 ) -> dict[str, tuple[int, int, int]]:
    """Find the colour that most keypoints of each side have."""
    sides = {}
    for side in 'left', 'right':
        found = Counter(
            color for name, color in zip(names, colors) if re.search(
                rf'(?<![a-z])({side}|{side[0]})(?![a-z])', name.lower()))
        if found:
            sides[side] = found.most_common(1)[0][0]
    return sides


def _draw_legend(canvas: np.ndarray, sides: Mapping[str, tuple[int, int, int]]) -> None:
    """Write the sides, each behind its colour, into the upper left corner."""
    scale = max(canvas.shape[0] / 900, 0.4)
    for line, (side, color) in enumerate(sides.items()):
        middle = round(16 * scale), round((20 + 32 * line) * scale)
        for size, ink in (12, _RIM), (10, color):
            cv2.circle(canvas, middle, round(size * scale), ink, -1, cv2.LINE_AA)
        write_line(canvas, f"the person's {side}",
                   (round(34 * scale), round((28 + 32 * line) * scale)), _OUTLINE,
                   scale)


def _rgb_to_bgr(colors: np.ndarray) -> list[tuple[int, int, int]]:
    return [(int(b), int(g), int(r)) for r, g, b in colors]


def _side(person: PersonLike) -> float:
    """Side of the square as large as a person's box, in pixels."""
    width, height = np.maximum(person.box[2:] - person.box[:2], 0)
    side = float(np.sqrt(width * height))
    return side if np.isfinite(side) else 0.0


def _fixed_point(point: np.ndarray) -> tuple[int, int]:
    """Turn (x, y) in pixels into OpenCV's numbers."""
    x, y = np.nan_to_num(point).clip(-_LIMIT, _LIMIT) * 2**_SHIFT
    return round(x), round(y)
