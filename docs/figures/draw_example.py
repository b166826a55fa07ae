"""Draw docs/figures/example.jpg: what the published net finds in a photograph.

The photograph is scikit-image's ``skimage.data.astronaut()``, of Eileen Collins, by
NASA, in the public domain.
"""
from __future__ import annotations

from pathlib import Path

import cv2

from sasd_mmpose import PoseEstimator

FIGURES = Path(__file__).parent


def main() -> None:
    people = PoseEstimator()(FIGURES / 'astronaut.jpg')
    path = FIGURES / 'example.jpg'
    cv2.imwrite(str(path), people.draw(), [cv2.IMWRITE_JPEG_QUALITY, 92])
    print(f'{len(people)} persons; wrote {path}')


if __name__ == '__main__':
    main()
