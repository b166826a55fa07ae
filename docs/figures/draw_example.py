"""Draw docs/figures/example.jpg: what the published net finds in a photograph.

The photograph is scikit-image's ``skimage.data.camera()``, by Lav Varshney, CC0.
"""
from __future__ import annotations

from pathlib import Path

import cv2

from sasd_mmpose import PoseEstimator

FIGURES = Path(__file__).parent


def main() -> None:
    people = PoseEstimator()(FIGURES / 'cameraman.png')
    path = FIGURES / 'example.jpg'
    cv2.imwrite(str(path), people.draw(), [cv2.IMWRITE_JPEG_QUALITY, 92])
    print(f'{len(people)} persons; wrote {path}')


if __name__ == '__main__':
    main()
