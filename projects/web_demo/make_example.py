"""Draw the example of the page: people of the project's synthetic data set.

    PYTHONPATH=. python projects/web_demo/make_example.py
"""
from __future__ import annotations

from pathlib import Path

import cv2

import sasd_mmpose.apis  # noqa: F401  (mends MMPose before its import)
from sasd_mmpose.datasets import SyntheticPeople

EXAMPLE = Path(__file__).parent / 'src' / 'examples' / 'drawn_people.jpg'
SEED = 11
INDEX = 36


def main() -> None:
    """Write the file."""
    data_set = SyntheticPeople(
        num_images=INDEX + 1, image_size=(960, 640), max_people=4, seed=SEED,
        metainfo=dict(from_file='configs/_base_/datasets/coco.py'))
    EXAMPLE.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(EXAMPLE), data_set.get_data_info(INDEX)['img'],
                [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == '__main__':
    main()
