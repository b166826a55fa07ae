"""Draw the example of the page: people of the projects' synthetic data set.

    python -m projects.web_demo.make_example
"""
from __future__ import annotations

from pathlib import Path

import cv2

from projects.synthetic_people import SyntheticPeople

EXAMPLE = Path(__file__).parent / 'src' / 'examples' / 'drawn_people.jpg'
SEED = 11
INDEX = 36


def main() -> None:
    """Write the file."""
    data_set = SyntheticPeople(
        num_images=INDEX + 1, image_size=(960, 640), max_people=4, seed=SEED)
    EXAMPLE.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(EXAMPLE), data_set.get_data_info(INDEX)['img'],
                [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == '__main__':
    main()
