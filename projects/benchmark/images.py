"""The images of a benchmark: several people in each, and where they are."""
from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from mmengine.dataset import BaseDataset

from projects.synthetic_people import SyntheticPeople
from sasd_mmpose.datasets import CheckedCocoDataset
from sasd_mmpose.errors import InputError
from sasd_mmpose.images import read_image
from sasd_mmpose.inference.letterbox import Placement

ASPECT = 4 / 3
ASPECT_TOLERANCE = 0.02
MIN_PEOPLE = 3
MIN_KEYPOINTS = 5


class Labels(NamedTuple):
    """People in pixels, of an image or of the network input.

    Attributes:
        boxes (np.ndarray): Corners (x1, y1, x2, y2), shape (n, 4).
        keypoints (np.ndarray): (x, y), shape (n, K, 2).
        visible (np.ndarray): Whether a keypoint is labelled, shape (n, K).
    """
    boxes: np.ndarray
    keypoints: np.ndarray
    visible: np.ndarray

    def in_input(self, place: Placement) -> Labels:
        """Carry labels of an image over to the network input."""
        corner = place.center - 0.5 * place.scale
        boxes = (self.boxes.reshape(-1, 2, 2) - corner) / place.scale * place.size
        return Labels(
            boxes=boxes.reshape(-1, 4),
            keypoints=(self.keypoints - corner) / place.scale * place.size,
            visible=self.visible)


class LabelledImage(NamedTuple):
    """An image and the people in it.

    Attributes:
        name (str): Its file, or that under which it would be written.
        image (np.ndarray): (H, W, 3), BGR, uint8.
        labels (Labels): The people, in pixels of the image.
    """
    name: str
    image: np.ndarray
    labels: Labels


def labels_of(info: dict) -> Labels:
    """Take the people with enough keypoints from a data set's sample."""
    visible = np.asarray(info['keypoints_visible'], float) > 0
    chosen = visible.sum(axis=1) >= MIN_KEYPOINTS
    return Labels(
        np.asarray(info['bbox'], np.float32)[chosen],
        np.asarray(info['keypoints'], np.float32)[chosen], visible[chosen])


def _suitable(dataset: BaseDataset, count: int) -> list[LabelledImage]:
    """Take the first images of 4:3 with several people."""
    images = []
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        if len(info.get('keypoints', ())) < MIN_PEOPLE:
            continue
        labels = labels_of(info)
        if len(labels.boxes) < MIN_PEOPLE:
            continue
        image = info.get('img')
        image = read_image(info['img_path']) if image is None else image
        height, width = image.shape[:2]
        if abs(width / height / ASPECT - 1) > ASPECT_TOLERANCE:
            continue
        images.append(
            LabelledImage(Path(info['img_path']).name, image, labels))
        if len(images) == count:
            break
    return images


def drawn_images(count: int) -> list[LabelledImage]:
    """Draw images of 640 x 480 with four to eight people.

    Args:
        count (int): Number of images.
    """
    dataset = SyntheticPeople(
        num_images=4 * count, image_size=(640, 480), min_people=4, max_people=8,
        person_height=(0.3, 0.8), cache=0, test_mode=True)
    return _suitable(dataset, count)


def annotated_images(ann_file: str, folder: str, count: int) -> list[LabelledImage]:
    """Read images of 4:3 with at least three people.

    Args:
        ann_file (str): Annotations in COCO's format.
        folder (str): The folder with the images.
        count (int): Number of images.

    Raises:
        InputError: There are not so many.
    """
    dataset = CheckedCocoDataset(
        ann_file=ann_file, data_prefix=dict(img=folder), data_mode='bottomup',
        test_mode=True, filter_cfg=dict(filter_empty_gt=True))
    images = _suitable(dataset, count)
    if len(images) < count:
        raise InputError(
            f'{ann_file}: {len(images)} images of 4:3 with at least '
            f'{MIN_PEOPLE} labelled people, and {count} are asked for; take '
            'fewer with --num-images')
    return images
