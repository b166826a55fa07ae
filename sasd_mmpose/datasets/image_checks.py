"""The images of an annotation file, against what the file says of them."""
from __future__ import annotations

import os.path as osp
from collections.abc import Iterator, Sequence

from ..findings import Finding, error
from .transforms.image_size import check_image_size, stored_size
from .transforms.loading import UnreadableImage, read_image


def image_findings(images: Sequence[dict], folder: str,
                   decode: bool = True) -> Iterator[Finding]:
    """Look at each image of a file.

    Args:
        images (Sequence[dict]): Checked records of images; see
            :func:`inspect_annotations`.
        folder (str): Where their ``file_name`` is.
        decode (bool): Read each image as a whole, which takes milliseconds and
            shows files that are cut short; without, only where the first
            bytes do not say the size that the record has.

    Yields:
        Finding: An error for each image that cannot be read or has another
        size than its record.
    """
    for index, image in enumerate(images):
        path = osp.join(folder, image['file_name'])
        stated = image['width'], image['height']
        if not decode and stored_size(path) == stated:
            continue
        try:
            pixels = read_image(path)
            check_image_size(
                dict(img_path=path, ann_img_shape=stated[::-1]),
                pixels.shape[1::-1])
        except UnreadableImage as unusable:
            yield error(f'images[{index}]', str(unusable), [index])
