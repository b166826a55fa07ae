"""PP-TinyPose: the keypoints of one person, from a crop around its box."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from mmpose.codecs import MSRAHeatmap
from mmpose.datasets.transforms import TopdownAffine
from mmpose.structures.bbox import bbox_xyxy2cs, get_warp_matrix

from sasd_mmpose.inference.letterbox import Letterbox
from sasd_mmpose.inference.model_description import InputSpec
from sasd_mmpose.inference.person import Person

from .peer_nets import open_peer
from .rtmdet import Boxes

FILES = ('tinypose_256x192.param', 'tinypose_256x192.bin')
INPUT = InputSpec(
    name='image', width=192, height=256, dynamic=False, divisor=4, color='rgb',
    mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375), pad_value=0)
OUTPUT = 'save_infer_model/scale_0.tmp_1'
SIZE = (INPUT.width, INPUT.height)
HEATMAP_SIZE = (48, 64)
SIGMA = 2.0  # of its heatmaps, in cells
PADDING = 1.25
# Keypoints above it count for the score of a person, as in MMPose.
SURE = 0.2


class Crop(NamedTuple):
    """A person, cut out.

    Attributes:
        blob (np.ndarray): Network input, (1, 3, 256, 192), float32.
        center (np.ndarray): Of the crop, in pixels of the image, (2, ).
        scale (np.ndarray): Width and height of the crop, there, too, (2, ).
    """
    blob: np.ndarray
    center: np.ndarray
    scale: np.ndarray


class TinyPose:
    """A net for the pose of one person, in ncnn.

    Args:
        folder (Path): The folder with its files.
        threads (int): Threads to compute with.

    Raises:
        InputError: A file is missing or cannot be loaded.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        self.net = open_peer([folder / name for name in FILES], INPUT, [OUTPUT],
                             'ncnn', threads, precision='fp16')
        self.codec = MSRAHeatmap(SIZE, HEATMAP_SIZE, SIGMA, unbiased=True)
        # Normalises; the crop has its size already.
        self.normalize = Letterbox(INPUT, SIZE)

    def crops(self, image: np.ndarray, boxes: Boxes) -> list[Crop]:
        """Cut out people.

        Args:
            image (np.ndarray): (H, W, 3), BGR, uint8.
            boxes (Boxes): In its pixels.
        """
        centers, scales = bbox_xyxy2cs(boxes.corners, PADDING)
        scales = TopdownAffine._fix_aspect_ratio(scales, SIZE[0] / SIZE[1])
        return [self._crop(image, *where) for where in zip(centers, scales)]

    def _crop(self, image: np.ndarray, center: np.ndarray,
              scale: np.ndarray) -> Crop:
        warp = get_warp_matrix(center, scale, 0.0, SIZE)
        person = cv2.warpAffine(image, warp, SIZE, flags=cv2.INTER_LINEAR)
        return Crop(self.normalize(person)[0], center, scale)

    def decode(self, heatmaps: Sequence[np.ndarray], crops: Sequence[Crop],
               boxes: Boxes) -> list[Person]:
        """Find the keypoints in heatmaps.

        Args:
            heatmaps (Sequence[np.ndarray]): Of each crop, shape (17, 64, 48).
            crops (Sequence[Crop]): Where each lies.
            boxes (Boxes): Their boxes.

        Returns:
            list[Person]: In pixels of the image, most certain first. The score
            is that of the box times the mean of the sure keypoints'.
        """
        people = []
        for maps, crop, box, score in zip(heatmaps, crops, *boxes):
            points, scores = self.codec.decode(maps)
            points = points[0] / SIZE * crop.scale + crop.center - crop.scale / 2
            sure = scores[scores > SURE]
            score *= sure.mean() if len(sure) else 0.0
            people.append(Person(box, float(score), points, scores[0]))
        return sorted(people, key=lambda person: -person.score)
