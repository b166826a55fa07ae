"""Where pictures come from: a file, a folder, a video or a camera."""
from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from ..errors import InputError
from ..images import UnreadablePicture, read_picture

PICTURE_SUFFIXES = frozenset(
    ('.bmp', '.jpeg', '.jpg', '.jpe', '.jp2', '.pbm', '.pgm', '.png', '.ppm',
     '.tif', '.tiff', '.webp'))
# Cameras that do not say how fast they are.
DEFAULT_FPS = 30.0


class Frame(NamedTuple):
    """One picture of a source.

    Attributes:
        image_id (int): Its number in COCO's sense.
        name (dict): ``file_name`` of a picture, or ``frame`` of a video,
            counted from 0.
        image (np.ndarray | None): (H, W, 3), BGR, uint8; None if it could not
            be read.
        problem (str | None): One line that says why it could not.
        seconds (float): When in the video it is shown.
    """
    image_id: int
    name: dict
    image: np.ndarray | None
    problem: str | None = None
    seconds: float = 0.0


class PictureSource:
    """Pictures from files.

    Args:
        paths (list[Path]): The files. Where all their names are numbers, as
            COCO's are, these are the ids; otherwise they are counted from 1.

    Attributes:
        paths (list[Path]): The files.
        fps (None): They are no video.
        total (int): Number of pictures.
        endless (bool): False.
    """
    fps = None
    endless = False

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        self.total = len(paths)
        stems = [path.stem for path in paths]
        numbers = [int(stem) for stem in stems if re.fullmatch('[0-9]+', stem)]
        unique = len(set(numbers)) == len(paths)
        self.ids = numbers if unique else range(1, len(paths) + 1)

    def __iter__(self) -> Iterator[Frame]:
        for image_id, path in zip(self.ids, self.paths, strict=True):
            name = dict(file_name=path.name)
            try:
                yield Frame(image_id, name, read_picture(path))
            except UnreadablePicture as error:
                yield Frame(image_id, name, None, str(error))


class VideoSource:
    """Frames of a video file or a camera.

    Args:
        origin (Path | int): The file, or the number of the camera.

    Attributes:
        paths (list[Path]): The file, if it is one.
        fps (float): Frames per second.
        total (int | None): Number of frames, as far as it is known.
        endless (bool): Whether it goes on until it is stopped.

    Raises:
        InputError: It cannot be opened.
    """

    def __init__(self, origin: Path | int) -> None:
        self.endless = isinstance(origin, int)
        self.paths = [] if self.endless else [origin]
        self.capture = cv2.VideoCapture(
            origin if self.endless else str(origin))
        if not self.capture.isOpened():
            raise InputError(
                f'camera {origin}: cannot be opened; is it there, and free?'
                if self.endless else
                f'{origin}: neither a picture nor a video that OpenCV can read')
        fps = self.capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 1 <= fps <= 1000 else DEFAULT_FPS
        total = int(self.capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.total = total if total > 0 and not self.endless else None

    def __iter__(self) -> Iterator[Frame]:
        start = time.monotonic()
        index = 0
        try:
            while True:
                there, image = self.capture.read()
                if not there:
                    break
                # A camera's frames are seen when they come, at any pace.
                seconds = (time.monotonic() - start
                           if self.endless else index / self.fps)
                yield Frame(index + 1, dict(frame=index), image,
                            seconds=seconds)
                index += 1
        finally:
            self.capture.release()


def open_source(text: str) -> PictureSource | VideoSource:
    """Open what a user names.

    Args:
        text (str): A picture, a folder of pictures, a video file; or a
            camera, as ``0`` or ``cam0``.

    Returns:
        PictureSource | VideoSource: Iterates over :class:`Frame`.

    Raises:
        InputError: There is no such thing, a folder holds no pictures, or a
            video cannot be read.
    """
    path = Path(text)
    if path.is_dir():
        paths = sorted(
            p for p in path.iterdir()
            if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file())
        if not paths:
            kinds = ', '.join(sorted(PICTURE_SUFFIXES))
            raise InputError(f'{path}: no pictures in this folder ({kinds})')
        return PictureSource(paths)
    if path.is_file():
        if path.suffix.lower() in PICTURE_SUFFIXES:
            return PictureSource([path])
        return VideoSource(path)
    camera = re.fullmatch('(?:cam)?([0-9]+)', text)
    if camera:
        return VideoSource(int(camera[1]))
    raise InputError(f'{text}: no such picture, folder or video; a camera is '
                     'named by its number, as in 0 or cam0')
