"""A detector and a net for one person: what costs more with each person."""
from __future__ import annotations

from pathlib import Path

import numpy as np

from sasd_mmpose.inference.person import Person

from ..runtimes import MADE_FOR
from ..timing import Times, Timing, now
from .case import Case, Ready, Setting
from .peer_nets import peers_folder
from .rtmdet import FILE, INPUT, RTMDet
from .tinypose import TinyPose

NET = 'rtmdet_nano+tinypose'
SCORE_THR = 0.2


class TopDown:
    """RTMDet-nano finds people, PP-TinyPose the keypoints of each.

    Args:
        runtime (str): What runs the detector; the pose net runs in ncnn.
        threads (int): Threads of both.
        cache (Path): Folder that keeps converted nets.

    Raises:
        InputError: A file is missing or cannot be loaded.
    """

    def __init__(self, runtime: str, threads: int, cache: Path) -> None:
        folder = peers_folder()
        self.detector = RTMDet(folder / FILE, runtime, threads, SCORE_THR, cache)
        self.pose = TinyPose(folder, threads)

    def __call__(self, image: np.ndarray) -> list[Person]:
        """Find the people of an image (H, W, 3), BGR, uint8."""
        return self._find(image)[0]

    def run(self, image: np.ndarray, index: int) -> Timing:
        """Find the people of an image, and take the times.

        Args:
            image (np.ndarray): (H, W, 3), BGR, uint8.
            index (int): Its number; not needed.
        """
        return self._find(image)[1]

    def count_people(self, image: np.ndarray) -> int:
        """Count the people that are detected in an image."""
        blob, place = self.detector.letterbox(image)
        return len(self.detector.decode(self.detector.net(blob), place).scores)

    def _find(self, image: np.ndarray) -> tuple[list[Person], Timing]:
        moments = [now()]
        blob, place = self.detector.letterbox(image)
        moments.append(now())
        maps = self.detector.net(blob)
        moments.append(now())
        boxes = self.detector.decode(maps, place)
        moments.append(now())
        crops = self.pose.crops(image, boxes)
        moments.append(now())
        heatmaps = [self.pose.net(crop.blob)[0] for crop in crops]
        moments.append(now())
        people = self.pose.decode(heatmaps, crops, boxes)
        moments.append(now())
        return people, Timing(*map(_times, zip(*moments)))


def _times(moments: tuple[float, ...]) -> Times:
    """Add up the stages of both nets; seven moments, in seconds."""
    first, second = Times.between(moments[:4]), Times.between(moments[3:])
    return Times(*map(sum, zip(first, second)))


def cases() -> list[Case]:
    """List what takes part: the runtime is the detector's."""
    return [Case(NET, runtime, INPUT.width) for runtime in MADE_FOR]


def make_ready(case: Case, setting: Setting) -> Ready:
    """Load the pair.

    Raises:
        InputError: See :class:`TopDown`.
    """
    pair = TopDown(case.runtime, setting.threads, setting.cache)
    return Ready(pair, pair, 'published by others')
