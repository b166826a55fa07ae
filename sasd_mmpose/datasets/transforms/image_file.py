"""Images that are decoded late, and no more of them than is needed.

A training sample shows a part of an image at some scale, or nothing of it at
all. Which is known once the random numbers are drawn; that takes the image's
size, which stands in the first bytes of its file.
"""
from __future__ import annotations

import io
import math
from typing import NamedTuple, Protocol

import numpy as np
import simplejpeg
from PIL import Image

from ...images import decode_image

# The DCT scales that libjpeg-turbo has fast code for, in eighths.
_DCT_EIGHTHS = (1, 2, 4)
# Height of the largest usual block of a JPEG in pixels: half colour resolution.
_BLOCK = 16
_ORIENTATION_TAG = 0x0112
_END_OF_IMAGE = b'\xff\xd9'
_BASELINE = (0xC0, 0xC1)
# Frame headers; C4, C8 and CC are other segments.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class OpenImage(Protocol):
    """An image whose size is known and whose pixels can be read.

    Attributes:
        size (tuple[int, int]): Width and height in pixels.
    """

    size: tuple[int, int]

    def read(self, scale: float, num_rows: int,
             whole: bool = False) -> tuple[np.ndarray, float]:
        """Decode what is needed.

        Args:
            scale (float): The largest scale at which the pixels are shown.
            num_rows (int): How many rows from the top are needed, in pixels
                of the image.
            whole (bool): Whether the right and bottom edges must stay edges
                of pixels. Defaults to False.

        Returns:
            tuple[np.ndarray, float]: Pixels ``(h, w, 3)``, BGR, uint8, of the
            whole width and at least these rows, and their scale f, which is
            at least ``scale`` or 1: the edge x of the image is the edge f x of
            the array.

        Raises:
            UnreadableImage: The file is broken.
        """


class ArrayImage:
    """An image that is decoded already.

    Args:
        array (np.ndarray): ``(H, W, 3)``, BGR, uint8.
    """

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.size = array.shape[1], array.shape[0]

    def read(self, scale: float, num_rows: int,
             whole: bool = False) -> tuple[np.ndarray, float]:
        """Return all of it; see :class:`OpenImage`."""
        return self.array, 1.0


class _Frame(NamedTuple):
    """What the first segments of a JPEG file say."""
    height_at: int  # offset of the height, two bytes
    marker: int  # which kind of coding
    has_exif: bool


class JpegImage:
    """An upright JPEG file.

    Args:
        content (bytes): The file.
        name (str): What to call it in a message.
        size (tuple[int, int]): Width and height in pixels.
        frame (_Frame): What :func:`_find_frame` found.
    """

    def __init__(self, content: bytes, name: str, size: tuple[int, int],
                 frame: _Frame) -> None:
        self.content = content
        self.name = name
        self.size = size
        self._frame = frame

    def read(self, scale: float, num_rows: int,
             whole: bool = False) -> tuple[np.ndarray, float]:
        """Decode at the DCT scale and the rows needed; see :class:`OpenImage`.

        Rows below the needed ones are left alone, and what may be wrong with
        them is not noticed.
        """
        eighths = self._eighths(scale, whole)
        try:
            return self._decode(eighths, num_rows), eighths / 8
        except (ValueError, RuntimeError):
            # Whatever this decoder refuses is OpenCV's to read or to refuse.
            return decode_image(self.content, self.name), 1.0

    def _eighths(self, scale: float, whole: bool) -> int:
        """Return the smallest DCT scale that is no less than ``scale``."""
        for eighths in _DCT_EIGHTHS:
            fits = not any(side * eighths % 8 for side in self.size)
            if eighths >= 8 * scale and (fits or not whole):
                return eighths
        return 8

    def _decode(self, eighths: int, num_rows: int) -> np.ndarray:
        content, (width, height) = self.content, self.size
        # Colours of a row are interpolated from the next one's.
        rows = math.ceil((num_rows + 1) / _BLOCK) * _BLOCK
        partial = (rows < height and self._frame.marker in _BASELINE
                   and content.endswith(_END_OF_IMAGE))
        if partial:
            # The decoder stops at the height that it is told.
            at, height = self._frame.height_at, rows
            content = content[:at] + height.to_bytes(2, 'big') + content[at + 2:]
        wanted = {} if eighths == 8 else dict(
            min_width=math.ceil(width * eighths / 8),
            min_height=math.ceil(height * eighths / 8),
            min_factor=2)
        # Not strict about the rows that are left over.
        return simplejpeg.decode_jpeg(content, 'BGR', strict=not partial, **wanted)


def open_image(content: bytes, name: str) -> OpenImage:
    """Open the content of an image file of any usual kind.

    JPEG files, other than those that are to be turned (EXIF) or are in ink
    colours (CMYK), are decoded when they are read; all others at once.

    Args:
        content (bytes): The content.
        name (str): What to call the image in a message.

    Returns:
        OpenImage: The image; its EXIF orientation is applied.

    Raises:
        UnreadableImage: It cannot be decoded.
    """
    frame = _find_frame(content)
    if frame is not None and not (frame.has_exif and _is_turned(content)):
        try:
            height, width, colors, _ = simplejpeg.decode_jpeg_header(content)
        except (ValueError, RuntimeError):
            colors = None
        if colors in ('YCbCr', 'RGB', 'Gray'):
            return JpegImage(content, name, (width, height), frame)
    return ArrayImage(decode_image(content, name))


def _find_frame(content: bytes) -> _Frame | None:
    """Follow a JPEG file's segments to its frame header.

    Returns:
        _Frame | None: What was found; None where it is no JPEG file.
    """
    if content[:2] != b'\xff\xd8':
        return None
    at, has_exif = 2, False
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _FRAMES:
            return _Frame(at + 5, marker, has_exif)
        if marker == 0xFF:  # padding
            at += 1
            continue
        has_exif |= marker == 0xE1 and content[at + 4:at + 8] == b'Exif'
        at += 2 + int.from_bytes(content[at + 2:at + 4], 'big')
    return None


def _is_turned(content: bytes) -> bool:
    """Say whether the EXIF data of a JPEG file turn or mirror it, or may."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            return image.getexif().get(_ORIENTATION_TAG, 1) != 1
    except Exception:  # Pillow raises many kinds; OpenCV then has its say.
        return True
