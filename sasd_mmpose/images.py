"""Reading images, whatever they hold."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .paths import what_is_odd

TIFF = (b'II*\0', b'MM\0*')  # how such a file begins
MAX_SIDE = 2**15 - 2  # pixels; cv2.warpAffine counts in 16 bits


class UnreadableImage(ValueError):
    """An image that cannot be used; the message is one line that names it."""


def to_bgr_uint8(img: np.ndarray) -> np.ndarray:
    """Give an image of any usual kind three channels of 8 bits.

    Args:
        img (np.ndarray): ``(H, W)``, or ``(H, W, C)`` with 1, 3 (BGR) or 4
            (BGRA) channels; uint8, uint16, or floats in [0, 1].

    Returns:
        np.ndarray: ``(H, W, 3)``, BGR, uint8. Alpha is dropped, as OpenCV
        does when it reads a file.

    Raises:
        ValueError: The array is no such image.
    """
    channels = img.shape[-1] if img.ndim == 3 else 1
    floating = np.issubdtype(img.dtype, np.floating)
    if (img.size == 0 or img.ndim not in (2, 3) or channels not in (1, 3, 4)
            or not (floating or img.dtype in (np.uint8, np.uint16))):
        raise ValueError(
            f'an array of shape {img.shape} and type {img.dtype} is no image '
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


def decode_image(content: bytes, name: str) -> np.ndarray:
    """Decode the content of an image file of any usual kind.

    Args:
        content (bytes): The content. Its EXIF orientation is applied.
        name (str): What to call the image in a message.

    Returns:
        np.ndarray: ``(H, W, 3)``, BGR, uint8.

    Raises:
        UnreadableImage: It cannot be decoded.
    """
    if not content:
        raise UnreadableImage(f'{name}: the file is empty')
    buffer = np.frombuffer(content, np.uint8)
    try:
        img = None
        if content[:4] in TIFF:
            # Floats would become 0 or noise on the way to 8 bits.
            whole = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
            if whole is not None and np.issubdtype(whole.dtype, np.floating):
                img = to_bgr_uint8(whole)
        if img is None:
            img = cv2.imdecode(buffer, cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise UnreadableImage(f'{name}: OpenCV cannot decode it') from error
    except ValueError as error:
        raise UnreadableImage(f'{name}: {error}') from error
    if img is None:
        raise UnreadableImage(f'{name}: {why_undecodable(content)}')
    return img


def why_undecodable(content: bytes) -> str:
    """Say why OpenCV does not decode the content of a file."""
    kind = foreign_kind(content)
    return (f'this OpenCV cannot read {kind}; convert it to JPEG or PNG' if kind
            else 'not a whole image that OpenCV can decode')


def foreign_kind(content: bytes) -> str | None:
    """Name the kind of an image file that many builds of OpenCV cannot read."""
    if content[:4] == b'GIF8':
        return 'GIF'
    if content[4:8] != b'ftyp':
        return None
    # Videos have the same container, with other brands.
    brand = content[8:12]
    if brand in (b'avif', b'avis'):
        return 'AVIF'
    return 'HEIC' if brand[:3] in (b'hei', b'hev', b'mif', b'msf') else None


def read_image(path: str | Path) -> np.ndarray:
    """Read an image file of any usual kind.

    Args:
        path (str | Path): The file. Its EXIF orientation is applied.

    Returns:
        np.ndarray: ``(H, W, 3)``, BGR, uint8.

    Raises:
        UnreadableImage: It is missing or cannot be decoded; the message is
            one line that names it.
    """
    odd = what_is_odd(path)
    if odd is not None:
        raise UnreadableImage(f'{path}: {odd}')
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UnreadableImage(f'{path}: {why_unreadable(error)}') from error
    return decode_image(content, str(path))


def why_unreadable(error: OSError) -> str:
    """Say in a few words on one line why a file could not be read."""
    if isinstance(error, FileNotFoundError):
        return 'no such image'
    return error.strerror or str(error)


def shrunk(img: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shrink an image whose sides are too long for OpenCV's warp.

    Args:
        img (np.ndarray): ``(H, W, 3)``.

    Returns:
        tuple[np.ndarray, np.ndarray]: The image, or a smaller one, and how
        many pixels of the image its pixels are wide and high, float32, (2, ).
    """
    height, width = img.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale >= 1:
        return img, np.ones(2, np.float32)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small = cv2.resize(img, size, interpolation=cv2.INTER_AREA)
    return small, np.array([width / size[0], height / size[1]], np.float32)
