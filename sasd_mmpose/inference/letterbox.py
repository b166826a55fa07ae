"""From a picture to the net's input, as :class:`PoseResize` does it."""
from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from .model_description import InputSpec

MAX_SIDE = 2**15 - 2  # pixels; cv2.warpAffine counts in 16 bits


class Placement(NamedTuple):
    """Where the picture lies in the input.

    Attributes:
        center (np.ndarray): Centre of the input in pixels of the picture, (2, ).
        scale (np.ndarray): Width and height of the input, there, too, (2, ).
        size (np.ndarray): Width and height of the input in its own pixels.
    """
    center: np.ndarray
    scale: np.ndarray
    size: np.ndarray

    def to_picture(self, points: np.ndarray) -> np.ndarray:
        """Turn (x, y) of the input into (x, y) of the picture, (..., 2)."""
        return points / self.size * self.scale + self.center - 0.5 * self.scale


class Letterbox:
    """Resizes the long side and pads around the centre.

    The arithmetic is that of MMPose's ``BottomupResize`` in its mode
    ``'fit'``, to the last bit: the same warp of the same matrix.

    Args:
        spec (InputSpec): The input.
        size (tuple[int, int]): Its width and height in pixels.
    """

    def __init__(self, spec: InputSpec, size: tuple[int, int]) -> None:
        self.size = size
        self.padding = (spec.pad_value, ) * 3
        # Channel of the picture that each of the input comes from.
        self.order = [2, 1, 0] if spec.color == 'rgb' else [0, 1, 2]
        values = np.arange(256, dtype=np.float32)
        # Of each channel of the input, the value that each byte becomes.
        self.tables = [(values - np.float32(mean)) / np.float32(std)
                       for mean, std in zip(spec.mean, spec.std)]

    def __call__(self, image: np.ndarray) -> tuple[np.ndarray, Placement]:
        """Make the net's input.

        Args:
            image (np.ndarray): (H, W, 3), BGR, uint8.

        Returns:
            tuple[np.ndarray, Placement]: The input, (1, 3, height, width),
            float32, and where the picture lies in it.
        """
        place = self.place(image.shape[1], image.shape[0])
        image = shrunk(image)
        warped = cv2.warpAffine(
            image, self._matrix(self.place(image.shape[1], image.shape[0])),
            self.size, flags=cv2.INTER_LINEAR, borderValue=self.padding)
        width, height = self.size
        blob = np.empty((1, 3, height, width), np.float32)
        planes = cv2.split(warped)
        for target, source, table in zip(blob[0], self.order, self.tables):
            cv2.LUT(planes[source], table, dst=target)
        return blob, place

    def place(self, width: int, height: int) -> Placement:
        """Find the place of a picture of this size in pixels."""
        ratio = width / height
        fitted = (min(self.size[0], self.size[1] * ratio),
                  min(self.size[1], self.size[0] / ratio))
        return Placement(
            center=np.array([width / 2, height / 2], np.float32),
            scale=np.array([width * self.size[0] / fitted[0],
                            height * self.size[1] / fitted[1]], np.float32),
            size=np.array(self.size))

    def _matrix(self, place: Placement) -> np.ndarray:
        """Return the warp from picture to input, (2, 3)."""
        def triangle(center: np.ndarray, width: float) -> np.ndarray:
            """Centre, the middle of the left side, and as far below it."""
            left = center[0] - np.float32(0.5 * width)
            below = center[1] + (center[0] - left)
            return np.array(
                [center, (left, center[1]), (left, below)], np.float32)

        return cv2.getAffineTransform(
            triangle(place.center, place.scale[0]),
            triangle((place.size / 2).astype(np.float32), place.size[0]))


def shrunk(image: np.ndarray) -> np.ndarray:
    """Shrink an image (H, W, 3) whose sides are too long for OpenCV's warp."""
    height, width = image.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale >= 1:
        return image
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
