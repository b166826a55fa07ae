"""From an image to the net's input, as :class:`PoseResize` does it."""
from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from ..images import shrunk
from .model_description import InputSpec


class Placement(NamedTuple):
    """Where the image lies in the input.

    Attributes:
        center (np.ndarray): Centre of the input in pixels of the image, (2, ).
        scale (np.ndarray): Width and height of the input, there, too, (2, ).
        size (np.ndarray): Width and height of the input in its own pixels.
    """
    center: np.ndarray
    scale: np.ndarray
    size: np.ndarray

    def to_image(self, points: np.ndarray) -> np.ndarray:
        """Turn (x, y) of the input into (x, y) of the image, (..., 2)."""
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
        # Channel of the image that each of the input comes from.
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
            float32, and where the image lies in it.
        """
        small, ratio = shrunk(image)
        place = self.place(small.shape[1], small.shape[0])
        warped = cv2.warpAffine(
            small, self._matrix(place), self.size, flags=cv2.INTER_LINEAR,
            borderValue=self.padding)
        place = place._replace(center=place.center * ratio, scale=place.scale * ratio)
        width, height = self.size
        blob = np.empty((1, 3, height, width), np.float32)
        planes = cv2.split(warped)
        for target, source, table in zip(blob[0], self.order, self.tables):
            cv2.LUT(planes[source], table, dst=target)
        return blob, place

    def place(self, width: int, height: int) -> Placement:
        """Find the place of an image of this size in pixels."""
        ratio = width / height
        fitted = (min(self.size[0], self.size[1] * ratio),
                  min(self.size[1], self.size[0] / ratio))
        return Placement(
            center=np.array([width / 2, height / 2], np.float32),
            scale=np.array([width * self.size[0] / fitted[0],
                            height * self.size[1] / fitted[1]], np.float32),
            size=np.array(self.size))

    def _matrix(self, place: Placement) -> np.ndarray:
        """Return the warp from image to input, (2, 3)."""
        def triangle(center: np.ndarray, width: float) -> np.ndarray:
            """Centre, the middle of the left side, and as far below it."""
            left = center[0] - np.float32(0.5 * width)
            below = center[1] + (center[0] - left)
            return np.array([center, (left, center[1]), (left, below)], np.float32)

        return cv2.getAffineTransform(
            triangle(place.center, place.scale[0]),
            triangle((place.size / 2).astype(np.float32), place.size[0]))
