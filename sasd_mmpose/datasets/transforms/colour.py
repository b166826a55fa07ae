"""Random changes of colour, for training."""
from __future__ import annotations

import cv2
import numpy as np
from mmpose.datasets.transforms import YOLOXHSVRandomAug
from mmpose.registry import TRANSFORMS

# OpenCV counts hue in steps of two degrees.
_NUM_HUES = 180


@TRANSFORMS.register_module()
class PoseHSVRandomAug(YOLOXHSVRandomAug):
    """:class:`YOLOXHSVRandomAug` with 8-bit operations, in less time.

    Arguments, random numbers and resulting pixels are the same.

    Required and modified key: img (uint8, BGR).
    """

    def transform(self, results: dict) -> dict:
        """Change hue, saturation and value of the whole image.

        Args:
            results (dict): See the class.

        Returns:
            dict: ``results``.
        """
        change = [int(number) for number in self._get_hsv_gains()]
        hsv = cv2.split(cv2.cvtColor(results['img'], cv2.COLOR_BGR2HSV))
        if change[0]:
            hues = (np.arange(256) + change[0]) % _NUM_HUES
            hsv = (cv2.LUT(hsv[0], hues.astype(np.uint8)), *hsv[1:])
        # OpenCV's sums stay within 0 and 255.
        hsv = (hsv[0], *map(cv2.add, hsv[1:], change[1:]))
        results['img'] = cv2.cvtColor(cv2.merge(hsv), cv2.COLOR_HSV2BGR)
        return results
