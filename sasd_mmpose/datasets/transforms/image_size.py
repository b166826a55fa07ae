"""The size of an image, against the one that its annotations were made for."""
from __future__ import annotations

from PIL import Image

from ...images import UnreadableImage

_ORIENTATION_TAG = 0x0112
# Orientations from here on turn an image by a quarter.
_FIRST_QUARTER_TURN = 5


def stored_size(path: str) -> tuple[int, int] | None:
    """Read the size of an image from the first bytes of its file.

    Args:
        path (str): The file.

    Returns:
        tuple[int, int] | None: Width and height in pixels of the image as
        OpenCV decodes it; None where only decoding tells.
    """
    try:
        with Image.open(path) as image:
            turned = image.getexif().get(_ORIENTATION_TAG, 1) >= _FIRST_QUARTER_TURN
            if turned and image.format != 'JPEG':
                return None
            return image.size[::-1] if turned else image.size
    except Exception:  # Pillow raises many kinds
        return None


def check_image_size(results: dict, size: tuple[int, int]) -> None:
    """Compare an image with what the annotation file says of it.

    Labels of another size, or of an image that was turned since, belong to
    other pixels; nothing else would show it.

    Args:
        results (dict): A sample. Without ``ann_img_shape``, the (height,
            width) that the file states, it passes.
        size (tuple[int, int]): Width and height of the image in pixels.

    Raises:
        UnreadableImage: They differ; the message has both.
    """
    stated = results.get('ann_img_shape')
    if stated is None or tuple(stated) == size[::-1]:
        return
    height, width = stated
    turned = (' (width and height exchanged, as where EXIF data turn an image)'
              if tuple(stated) == tuple(size) else '')
    raise UnreadableImage(
        f'{results.get("img_path")}: {size[0]} x {size[1]} pixels, and the '
        f'annotations are for {width:g} x {height:g}{turned}')
