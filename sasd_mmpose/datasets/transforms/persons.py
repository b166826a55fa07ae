"""The labelled persons of a sample as arrays that geometry acts upon.

The keys are MMPose's: ``bbox`` ``(n, 4)`` xyxy, ``bbox_score`` ``(n,)``,
``category_id`` ``(n,)``, ``keypoints`` ``(n, K, 2)``, ``keypoints_visible``
``(n, K)`` and ``area`` ``(n,)``, in pixels of the sample's image. Pixel i
has coordinate i, so an image of width W reaches from 0 to W - 1.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Persons = dict[str, np.ndarray]

# What data sets list once per person and no geometry keeps in step.
_PER_PERSON_LISTS = ('id', 'iscrowd', 'num_keypoints', 'segmentation',
                     'invalid_segs', 'raw_ann_info')


def get_persons(results: dict) -> Persons:
    """Take the persons out of a sample.

    Args:
        results (dict): A sample; one without annotations has no persons. K is
            the length of its ``flip_indices``.

    Returns:
        dict[str, np.ndarray]: The six arrays named above.
    """
    num_keypoints = len(results['flip_indices'])
    empty = dict(
        bbox=np.zeros((0, 4), np.float32),
        bbox_score=np.zeros((0, ), np.float32),
        category_id=np.zeros((0, ), np.int64),
        keypoints=np.zeros((0, num_keypoints, 2), np.float32),
        keypoints_visible=np.zeros((0, num_keypoints), np.float32),
        area=np.zeros((0, ), np.float32))
    return {key: results.get(key, array) for key, array in empty.items()}


def set_persons(results: dict, persons: Persons) -> None:
    """Put persons back, and drop the lists that no longer match them.

    Args:
        results (dict): A sample; changed in place.
        persons (dict[str, np.ndarray]): The six arrays.
    """
    results.update(persons)
    for key in _PER_PERSON_LISTS:
        results.pop(key, None)


def join_persons(groups: Sequence[Persons]) -> Persons:
    """Concatenate the persons of several images.

    Args:
        groups (Sequence[dict[str, np.ndarray]]): At least one.

    Returns:
        dict[str, np.ndarray]: All persons, in the order given.
    """
    return {key: np.concatenate([group[key] for group in groups]) for key in groups[0]}


def select_persons(persons: Persons, keep: np.ndarray) -> Persons:
    """Keep some persons.

    Args:
        persons (dict[str, np.ndarray]): n persons.
        keep (np.ndarray): Bool ``(n,)``.

    Returns:
        dict[str, np.ndarray]: Those for which ``keep`` is true.
    """
    return {key: array[keep] for key, array in persons.items()}


def move_persons(persons: Persons, scale: Sequence[float],
                 offset: Sequence[float]) -> Persons:
    """Scale and shift persons: x becomes ``scale * x + offset``.

    Args:
        persons (dict[str, np.ndarray]): n persons.
        scale (Sequence[float]): Along x and y, positive.
        offset (Sequence[float]): Along x and y, in pixels of the new image.

    Returns:
        dict[str, np.ndarray]: New arrays; the old ones are left as they are.
    """
    scale = np.asarray(scale, np.float32)
    offset = np.asarray(offset, np.float32)
    return dict(
        persons,
        bbox=persons['bbox'] * np.tile(scale, 2) + np.tile(offset, 2),
        keypoints=persons['keypoints'] * scale + offset,
        area=persons['area'] * scale.prod())


def warp_persons(persons: Persons, matrix: np.ndarray) -> Persons:
    """Scale, rotate and shift persons: x becomes ``A x + t``.

    A turned box becomes the upright one about the turned ellipse that the old
    box held. The one about the turned corners would be far larger than a person.

    Args:
        persons (dict[str, np.ndarray]): n persons.
        matrix (np.ndarray): A and t, ``(2, 3)``; t is in pixels of the new
            image.

    Returns:
        dict[str, np.ndarray]: New arrays; the old ones are left as they are.
    """
    linear, offset = np.float32(matrix[:, :2]), np.float32(matrix[:, 2])
    low, high = np.split(persons['bbox'], 2, axis=1)
    center = (low + high) / 2 @ linear.T + offset
    half = np.sqrt(((high - low) / 2)**2 @ (linear**2).T)
    return dict(
        persons,
        bbox=np.concatenate([center - half, center + half], axis=1),
        keypoints=persons['keypoints'] @ linear.T + offset,
        area=persons['area'] * abs(np.linalg.det(linear)))


def clip_persons(persons: Persons, width: int, height: int) -> Persons:
    """Clip boxes to an image; keypoints outside it lose their label.

    Args:
        persons (dict[str, np.ndarray]): n persons.
        width (int): Of the image, in pixels.
        height (int): Of the image, in pixels.

    Returns:
        dict[str, np.ndarray]: The clipped persons, some maybe with an empty
        box or no label left. Keypoints keep their coordinates.
    """
    last = np.array([width - 1, height - 1], np.float32)
    keypoints = persons['keypoints']
    inside = ((keypoints >= 0) & (keypoints <= last)).all(axis=-1)
    return dict(
        persons,
        bbox=np.clip(persons['bbox'], 0, np.tile(last, 2)),
        keypoints_visible=persons['keypoints_visible'] * inside)
