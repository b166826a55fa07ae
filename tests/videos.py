"""Videos and a camera, for the tests."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def write_video(path: Path, frames: int = 5, size: tuple[int, int] = (101, 75),
                fps: float = 12) -> None:
    """Write frames of one grey each, 40 brighter from frame to frame."""
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*'mp4v'), fps, size)
    for shade in range(frames):
        writer.write(np.full((*size[::-1], 3), 40 * shade, np.uint8))
    writer.release()


class FakeCamera:
    """Gives four frames, then fails, as one that is unplugged."""

    def __init__(self, number):
        self.number, self.left = number, 4

    def isOpened(self):
        return self.number == 0

    def get(self, key):
        return 0.0

    def set(self, key, value):
        return True

    def read(self):
        self.left -= 1
        return self.left >= 0, np.zeros((20, 30, 3), np.uint8)

    def release(self):
        pass
