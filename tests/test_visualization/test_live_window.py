"""The window that shows frames, without a display."""
from __future__ import annotations

import cv2
import numpy as np
import pytest

from sasd_mmpose import InputError
from sasd_mmpose.visualization import live_window
from sasd_mmpose.visualization.live_window import LiveWindow, has_display


class FakeScreen:
    """Stands for OpenCV's windows."""

    def __init__(self, monkeypatch):
        self.shown, self.key, self.visible, self.times = [], 255, 1.0, [0.0]
        for name in ('namedWindow', 'imshow', 'waitKey', 'getWindowProperty',
                     'destroyAllWindows'):
            monkeypatch.setattr(cv2, name, getattr(self, name))
        monkeypatch.setenv('DISPLAY', ':0')
        monkeypatch.setattr(live_window.time, 'perf_counter',
                            lambda: self.times.pop(0))

    def namedWindow(self, *args):
        pass

    def imshow(self, title, image):
        self.shown.append(image)

    def waitKey(self, milliseconds):
        return self.key

    def getWindowProperty(self, *args):
        return self.visible

    def destroyAllWindows(self):
        self.shown.append(None)


def test_frames_with_their_rate(monkeypatch):
    screen = FakeScreen(monkeypatch)
    screen.times = [0, 0.1, 0.2]
    window = LiveWindow('video')
    image = np.full((60, 120, 3), 90, np.uint8)
    for _ in range(3):
        window.show(image)
    assert window.rate == pytest.approx(10) and not window.closed
    assert (image == 90).all() and (screen.shown[-1] != 90).any()
    window.close()
    assert screen.shown[-1] is None


@pytest.mark.parametrize('key, visible', [(ord('q'), 1), (27, 1), (255, 0)])
def test_closing(monkeypatch, key, visible):
    screen = FakeScreen(monkeypatch)
    screen.key, screen.visible = key, visible
    window = LiveWindow('video')
    window.show(np.zeros((9, 9, 3), np.uint8))
    assert window.closed


def test_without_a_display(monkeypatch):
    assert not has_display('linux', {}) and has_display('win32', {})
    assert has_display('linux', dict(WAYLAND_DISPLAY='wayland-0'))
    for name in 'DISPLAY', 'WAYLAND_DISPLAY':
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(live_window.sys, 'platform', 'linux')
    with pytest.raises(InputError, match='--show: there is no display'):
        LiveWindow('video')


def test_an_opencv_without_windows(monkeypatch):
    def refuse(*args):
        raise cv2.error('not implemented')

    FakeScreen(monkeypatch)
    monkeypatch.setattr(cv2, 'namedWindow', refuse)
    with pytest.raises(InputError, match='pip install opencv-python'):
        LiveWindow('video')
