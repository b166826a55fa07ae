"""Reading pictures, whatever they hold."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

TIFF = (b'II*\0', b'MM\0*')  # how such a file begins


class UnreadablePicture(ValueError):
    """A picture that cannot be used; the message is one line that names it."""


def to_bgr_uint8(img: np.ndarray) -> np.ndarray:
    """Give a picture of any usual kind three channels of 8 bits.

    Args:
        img (np.ndarray): ``(H, W)``, or ``(H, W, C)`` with 1, 3 (BGR) or 4
            (BGRA) channels; uint8, uint16, or floats in [0, 1].

    Returns:
        np.ndarray: ``(H, W, 3)``, BGR, uint8. Alpha is dropped, as OpenCV
        does when it reads a file.

    Raises:
        ValueError: The array is no such picture.
    """
    channels = 1 if img.ndim == 2 else img.shape[-1]
    floating = np.issubdtype(img.dtype, np.floating)
    if (img.size == 0 or img.ndim not in (2, 3) or channels not in (1, 3, 4)
            or not (floating or img.dtype in (np.uint8, np.uint16))):
        raise ValueError(
            f'an array of shape {img.shape} and type {img.dtype} is no picture '
            'of 1, 3 or 4 channels of 8 or 16 bits or of floats in [0, 1]')
    if floating:
        low, high = img.min(), img.max()
        if not (low >= 0 and high <= 1):  # NaN is neither
            raise ValueError(f'floats from {low:g} to {high:g}; scale them to '
                             '[0, 1], or convert the image to 8 bits')
        img = np.rint(img * 255).astype(np.uint8)
    if img.dtype == np.uint16:
        img = (img // 257).astype(np.uint8)
    if channels == 1:
        return cv2.cvtColor(img, cv2.COLOR_GRAY2BGR)
    if channels == 4:
        return cv2.cvtColor(img, cv2.COLOR_BGRA2BGR)
    return img


def decode_picture(content: bytes, name: str) -> np.ndarray:
    """Decode the content of a picture file of any usual kind.

    Args:
        content (bytes): The content. Its EXIF orientation is applied.
        name (str): What to call the picture in a message.

    Returns:
        np.ndarray: ``(H, W, 3)``, BGR, uint8.

    Raises:
        UnreadablePicture: It cannot be decoded.
    """
    buffer = np.frombuffer(content, np.uint8)
    try:
        img = cv2.imdecode(buffer, cv2.IMREAD_COLOR)
        if content[:4] in TIFF and (img is None or not img.any()):
            # Floats in a TIFF file become 0 on the way to 8 bits.
            img = cv2.imdecode(buffer, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
            img = img if img is None else to_bgr_uint8(img)
    except cv2.error as error:
        raise UnreadablePicture(f'{name}: OpenCV cannot decode it') from error
    except ValueError as error:
        raise UnreadablePicture(f'{name}: {error}') from error
    if img is None:
        raise UnreadablePicture(
            f'{name}: not a whole picture that OpenCV can decode')
    return img


def read_picture(path: str | Path) -> np.ndarray:
    """Read a picture file of any usual kind.

    Args:
        path (str | Path): The file. Its EXIF orientation is applied.

    Returns:
        np.ndarray: ``(H, W, 3)``, BGR, uint8.

    Raises:
        UnreadablePicture: It is missing or cannot be decoded; the message is
            one line that names it.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UnreadablePicture(f'{path}: {why_unreadable(error)}') from error
    return decode_picture(content, str(path))


def why_unreadable(error: OSError) -> str:
    """Say in a few words on one line why a file could not be read."""
    if isinstance(error, FileNotFoundError):
        return 'no such picture'
    return error.strerror or str(error)
