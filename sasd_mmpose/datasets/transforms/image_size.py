"""The size of an image, against the one that its annotations were made for."""
from __future__ import annotations

from ...pictures.reading import UnreadablePicture


def check_image_size(results: dict, size: tuple[int, int]) -> None:
    """Compare an image with what the annotation file says of it.

    Labels of another size, or of an image that was turned since, belong to
    other pixels; nothing else would show it.

    Args:
        results (dict): A sample. Without ``ann_img_shape``, the (height,
            width) that the file states, it passes.
        size (tuple[int, int]): Width and height of the image in pixels.

    Raises:
        UnreadablePicture: They differ; the message has both.
    """
    stated = results.get('ann_img_shape')
    if stated is None or tuple(stated) == size[::-1]:
        return
    height, width = stated
    turned = (', that is without the turn of its EXIF data'
              if tuple(stated) == tuple(size) else '')
    raise UnreadablePicture(
        f'{results.get("img_path")}: {size[0]} x {size[1]} pixels, and the '
        f'annotations are for {width:g} x {height:g}{turned}')
