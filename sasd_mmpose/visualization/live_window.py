"""A window that shows frames as they come."""
from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Mapping

import cv2
import numpy as np

from ..errors import InputError
from .pose_drawer import write_line

QUIT_KEYS = frozenset((ord('q'), 27))  # 27 is Escape
# Frames a second are those of the last so many frames.
FRAMES_OF_RATE = 30
_INK = (31, 27, 27)


class LiveWindow:
    """Shows frames with their rate, until it is closed.

    Args:
        title (str): Of the window.

    Attributes:
        closed (bool): Whether the user has closed it, or pressed q or Escape.

    Raises:
        InputError: There is no display, or this OpenCV has no windows.
    """

    def __init__(self, title: str) -> None:
        if not has_display(sys.platform, os.environ):
            raise InputError('--show: there is no display here; leave it out, and '
                             'look at the drawn files')
        self.title = title
        self.closed = False
        self._times: deque[float] = deque(maxlen=FRAMES_OF_RATE)
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
        except cv2.error as error:
            raise InputError(
                '--show: this OpenCV cannot open windows; pip uninstall '
                'opencv-python-headless, then pip install opencv-python') from error

    def show(self, image: np.ndarray) -> None:
        """Show a frame (H, W, 3), BGR, uint8; the image is not changed."""
        self._times.append(time.perf_counter())
        canvas = image.copy()
        write_line(canvas, f'{self.rate:.1f} frames/s', (8, canvas.shape[0] - 8),
                   _INK, max(canvas.shape[0] / 900, 0.4))
        cv2.imshow(self.title, canvas)
        key = cv2.waitKey(1) & 0xff
        gone = cv2.getWindowProperty(self.title, cv2.WND_PROP_VISIBLE) < 1
        self.closed = key in QUIT_KEYS or gone

    @property
    def rate(self) -> float:
        """Frames shown per second, of late."""
        if len(self._times) < 2:
            return 0.0
        return (len(self._times) - 1) / max(self._times[-1] - self._times[0], 1e-9)

    def close(self) -> None:
        """Take the window away."""
        cv2.destroyAllWindows()


def has_display(platform: str, environment: Mapping[str, str]) -> bool:
    """Say whether windows can be shown; only some systems can be without.

    Args:
        platform (str): As in ``sys.platform``.
        environment (Mapping[str, str]): Of the process.
    """
    return not platform.startswith('linux') or any(
        environment.get(name) for name in ('DISPLAY', 'WAYLAND_DISPLAY'))
