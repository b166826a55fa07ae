"""Where images come from: files, folders, arrays, videos and cameras."""
from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

import cv2
import numpy as np

from ..errors import InputError
from ..images import UnreadableImage, read_image
from ..paths import what_is_odd

#: An image: the path of a file, or an array as OpenCV gives it.
Image = str | Path | np.ndarray
#: Whatever images can be taken from; a camera is its number.
Source = Image | int | Iterable[Image]

# Of HEIC and AVIF files few builds of OpenCV can read any; what cannot be read
# is named rather than passed over.
IMAGE_SUFFIXES = frozenset(
    ('.avif', '.bmp', '.gif', '.heic', '.heif', '.jpeg', '.jpg', '.jpe', '.jp2',
     '.pbm', '.pgm', '.png', '.ppm', '.tif', '.tiff', '.webp'))
# Cameras that do not say how fast they are, and folders of frames.
DEFAULT_FPS = 30.0
MAX_ID = 2**63 - 1  # what readers of json and COCO's evaluation can hold
# What OpenCV can open over a network.
ADDRESS = re.compile('(?:https?|rtsps?|rtmps?|rtp|udp|tcp|srt)://', re.IGNORECASE)
# So long an address may give nothing, in seconds.
TIMEOUT = 10.0
# These say exactly how many frames they hold; of others it is an estimate from
# the duration, and so much of it may be missing.
EXACT_VIDEOS = frozenset(('.avi', '.m4v', '.mov', '.mp4'))
ESTIMATE_SLACK = 0.1


class Frame(NamedTuple):
    """One image of a source.

    Attributes:
        image_id (int): Its number in COCO's sense.
        name (dict): ``file_name`` of an image file, or ``frame`` of a video,
            counted from 0; empty for an array.
        image (np.ndarray | None): As :func:`to_bgr_uint8` takes it; None if it
            could not be read.
        problem (str | None): One line that says why it could not.
        seconds (float): When in the video it is shown; images of a folder or a
            list are taken for frames of a video of ``DEFAULT_FPS``.
        path (Path | None): The image file.
    """
    image_id: int
    name: dict[str, Any]
    image: np.ndarray | None
    problem: str | None = None
    seconds: float = 0.0
    path: Path | None = None


class ImageSource:
    """Images from files and arrays.

    Args:
        images (Iterable[Image]): The images. Where all are files whose names
            are numbers, as COCO's are, these are the ids; otherwise they are
            counted from 1.

    Attributes:
        paths (list[Path]): The files.
        fps (None): They are no video.
        total (int | None): Number of images, as far as it is known.
        endless (bool): False.
    """
    fps = None
    endless = False

    def __init__(self, images: Iterable[Image]) -> None:
        self.images = images
        known = images if isinstance(images, (list, tuple)) else []
        self.total = len(known) or None
        self.paths = [Path(i) for i in known if isinstance(i, (str, Path))]
        numbers = [int(path.stem) for path in self.paths
                   if re.fullmatch('[0-9]+', path.stem)]
        unique = len(set(numbers)) == len(known) > 0 and max(numbers) <= MAX_ID
        self.ids = numbers if unique else None

    def __iter__(self) -> Iterator[Frame]:
        for index, image in enumerate(self.images):
            image_id = self.ids[index] if self.ids else index + 1
            try:
                frame = read_frame(image)
            except InputError as error:
                path = Path(image) if isinstance(image, (str, Path)) else None
                frame = Frame(1, _file_name(path), None, str(error), path=path)
            yield frame._replace(
                image_id=image_id, seconds=index / DEFAULT_FPS)


class VideoSource:
    """Frames of a video file, a camera, or an address.

    Where a file ends before its last frame, or what has no end ends or stalls,
    one more :class:`Frame` without an image says so.

    Args:
        origin (Path | int | str): The file, the number of the camera, or an
            address such as ``rtsp://...`` or ``http://...``.
        timeout (float): Seconds for which an address may give nothing.

    Attributes:
        paths (list[Path]): The file, if it is one.
        fps (float): Frames per second.
        total (int | None): Number of frames, as far as it is known.
        endless (bool): Whether it goes on until it is stopped.

    Raises:
        InputError: It cannot be opened.
    """

    def __init__(self, origin: Path | int | str,
                 timeout: float = TIMEOUT) -> None:
        self.origin = origin
        self.name = _shown_name(origin)
        self.paths = [origin] if isinstance(origin, Path) else []
        self.timeout = timeout
        self.capture = _open_capture(origin, timeout)
        if not self.capture.isOpened():
            raise InputError(f'{self.name}: {_why_not_opened(origin)}')
        # Phones store frames sideways, and beside them how to turn them.
        self.capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        fps = self.capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 0 < fps <= 1000 else DEFAULT_FPS
        total = int(self.capture.get(cv2.CAP_PROP_FRAME_COUNT))
        # A file at an address says how long it is; a stream cannot.
        self.endless = isinstance(origin, int) or (
            isinstance(origin, str) and total <= 0)
        self.total = total if total > 0 and not self.endless else None

    def __iter__(self) -> Iterator[Frame]:
        start = time.monotonic()
        index = 0
        try:
            while True:
                asked = time.monotonic()
                there, image = self.capture.read()
                if not there:
                    break
                # Live frames are seen when they come, at any pace.
                seconds = (time.monotonic() - start
                           if self.endless else index / self.fps)
                yield Frame(index + 1, dict(frame=index), image,
                            seconds=seconds)
                index += 1
        finally:
            self.capture.release()
        problem = self._early_end(index, time.monotonic() - asked)
        if problem is not None:
            yield Frame(index + 1, dict(frame=index), None,
                        f'{self.name}: {problem}')

    def _early_end(self, frames: int, waited: float) -> str | None:
        """Say what is wrong with an end after so many frames, if anything is.

        Args:
            frames (int): Those that were read.
            waited (float): Seconds until there was no further one.
        """
        if isinstance(self.origin, str) and waited > 0.9 * self.timeout:
            return (f'no frame for {waited:.0f} s after {frames}; the stream '
                    'stalls or the network is down')
        if self.endless:
            return f'gave no more frames after {frames}; start it again'
        if self.total is None:
            return None if frames else 'holds no frame that can be read'
        exact = Path(self.name).suffix.lower() in EXACT_VIDEOS
        if frames >= self.total * (1 if exact else 1 - ESTIMATE_SLACK):
            return None
        return (f'{self.total - frames} of {self.total} frames could not be '
                'read; the file is cut short or damaged')


def _images_in(folder: Path) -> list[Path]:
    """List the images of a folder; links that lead nowhere are among them."""
    try:
        return sorted(p for p in folder.iterdir()
                      if p.suffix.lower() in IMAGE_SUFFIXES and not p.is_dir())
    except OSError as error:
        raise InputError(f'{folder}: cannot be read ({error.strerror})') from error


def is_address(source: object) -> bool:
    """Say whether a source is an address on a network."""
    return isinstance(source, str) and ADDRESS.match(source) is not None


def _shown_name(origin: Path | int | str) -> str:
    """Name a video in a message, without the password of an address."""
    if isinstance(origin, int):
        return f'camera {origin}'
    if isinstance(origin, Path):
        return str(origin)
    return re.sub('//[^/]*@', '//', origin).partition('?')[0]


def _open_capture(origin: Path | int | str, timeout: float) -> cv2.VideoCapture:
    """Open a video by OpenCV; see :class:`VideoSource`."""
    if isinstance(origin, int):
        # Where there is no such camera, OpenCV says of each driver that it failed.
        level = cv2.setLogLevel(0)
        try:
            return cv2.VideoCapture(origin)
        finally:
            cv2.setLogLevel(level)
    if isinstance(origin, Path):
        return cv2.VideoCapture(opencv_path(origin))
    limit = round(1000 * timeout)
    # FFmpeg is the one that can be told when to give up.
    return cv2.VideoCapture(
        origin, cv2.CAP_FFMPEG,
        [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, limit,
         cv2.CAP_PROP_READ_TIMEOUT_MSEC, limit])


def _why_not_opened(origin: Path | int | str) -> str:
    """Say what to look at where a video cannot be opened."""
    if isinstance(origin, int):
        return 'cannot be opened; is it there, and free?'
    if isinstance(origin, Path):
        return _why_no_video(origin)
    return 'no video that OpenCV can open; is the address right, and up?'


def _why_no_video(path: Path) -> str:
    """Say why OpenCV opens no video of a file."""
    try:
        with path.open('rb') as file:
            empty = not file.read(1)
    except OSError as error:
        return f'cannot be read ({error.strerror})'
    return ('the file is empty' if empty else
            'neither an image nor a video that OpenCV can read')


def _file_name(path: Path | None) -> dict:
    return dict(file_name=path.name) if path is not None else {}


def opencv_path(path: Path) -> str:
    """Return a path as OpenCV takes it, in UTF-8; raise InputError for others."""
    try:
        return os.fsencode(path).decode('utf-8')
    except UnicodeDecodeError as error:
        raise InputError(f'{path}: OpenCV cannot open a video whose name is not '
                         'UTF-8; rename it') from error


def read_frame(image: Image) -> Frame:
    """Read an image file, or take an array as it is.

    Raises:
        InputError: The file is missing or cannot be decoded.
    """
    if not isinstance(image, (str, Path)):
        return Frame(1, {}, image)
    path = Path(image)
    try:
        return Frame(1, _file_name(path), read_image(path), path=path)
    except UnreadableImage as error:
        raise InputError(str(error)) from error


def is_image(source: object) -> bool:
    """Say whether a source is one image: an array, or a file named as one."""
    return isinstance(source, np.ndarray) or (
        isinstance(source, (str, Path)) and not is_address(source)
        and not os.path.isdir(source)
        and Path(source).suffix.lower() in IMAGE_SUFFIXES)


def is_collection(source: object) -> TypeGuard[Iterable[Image]]:
    """Say whether a source is a list or a generator, or the like, of images."""
    return isinstance(source, Iterable) and not isinstance(
        source, (str, Path, np.ndarray, bytes, bytearray, Mapping))


def open_source(source: Source) -> ImageSource | VideoSource:
    """Open what a user names.

    Args:
        source (Source): An image file, a folder of images, a video file; a
            camera, as ``0`` or ``'cam0'``; an address, as ``'rtsp://...'``; an
            array, or any iterable of arrays and image files.

    Returns:
        ImageSource | VideoSource: Iterates over :class:`Frame`.

    Raises:
        InputError: There is no such thing, a folder holds no images, or a
            video cannot be read.
    """
    if isinstance(source, int) and not isinstance(source, bool):
        return VideoSource(source)
    if isinstance(source, np.ndarray):
        return ImageSource([source])
    if is_collection(source):
        return ImageSource(source)
    if not isinstance(source, (str, Path)):
        raise InputError(
            f'source: {type(source).__name__} is neither an image, a list '
            'of images, a folder, a video nor the number of a camera')
    if isinstance(source, str) and is_address(source):
        return VideoSource(source)
    if source == '':  # which Path takes for the current folder
        raise InputError("'': no name of an image, a folder or a video")
    if isinstance(source, str) and '://' in source:
        raise InputError(f'{_shown_name(source)}: no address that can be read; take '
                         'http, https, rtsp, rtmp, udp, tcp or srt, or a file')
    path = Path(source)
    if os.path.isdir(path):  # Path.is_dir raises for names that are too long
        paths = _images_in(path)
        if not paths:
            kinds = ', '.join(sorted(IMAGE_SUFFIXES))
            raise InputError(f'{path}: no images in this folder ({kinds})')
        return ImageSource(paths)
    if os.path.isfile(path):
        return ImageSource([path]) if is_image(path) else VideoSource(path)
    camera = re.fullmatch('(?:cam)?([0-9]+)', str(source))
    if camera:
        return VideoSource(int(camera[1]))
    odd = what_is_odd(path)
    if odd is not None:
        raise InputError(f'{source}: {odd}')
    raise InputError(f'{source}: no such image, folder or video; a camera is '
                     'named by its number, as in 0 or cam0')
