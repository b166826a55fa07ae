"""Skeletons on images."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import cv2
import numpy as np

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


class PoseDrawer:
    """Draws the bones and joints of persons, in the colours of the metainfo.

    Those tell left from right. The persons that look largest are drawn last,
    since they are mostly in front; a dark rim keeps crossing limbs apart.

    Args:
        metainfo (Mapping): Parsed meta information: bones and colours.
        keypoint_thr (float): Keypoints below this score are hidden, and so
            are their bones.
    """

    def __init__(self, metainfo: Mapping[str, Any],
                 keypoint_thr: float = 0.3) -> None:
        self.bones = [tuple(bone) for bone in metainfo['skeleton_links']]
        self.bone_colors = _rgb_to_bgr(metainfo['skeleton_link_colors'])
        self.joint_colors = _rgb_to_bgr(metainfo['keypoint_colors'])
        self.keypoint_thr = keypoint_thr

    def __call__(self, image: np.ndarray,
                 persons: Sequence[PersonLike]) -> np.ndarray:
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
        return canvas

    def _draw(self, canvas: np.ndarray, person: PersonLike) -> None:
        thickness = max(1, round(_side(person) / _SIDE_PER_THICKNESS))
        shown = (person.keypoint_scores >= self.keypoint_thr) & np.isfinite(
            person.keypoints).all(axis=1)
        points = [_fixed_point(point) for point in person.keypoints]
        visible = [(color, points[a], points[b])
                   for color, (a, b) in zip(
                       self.bone_colors, self.bones, strict=True)
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
