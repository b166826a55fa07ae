"""Random translation and scale, for training."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from .persons import (
    clip_persons,
    get_persons,
    move_persons,
    select_persons,
    set_persons,
)
from .resize import check_input_size


@TRANSFORMS.register_module()
class PoseRandomAffine(BaseTransform):
    """Scale a picture about its centre, shift it, and cut out the input.

    YOLO-Pose's augmentation: the centre of the picture, usually a mosaic of
    twice the input's size, goes to the centre of the input, moved by up to
    ``shift_factor`` of the input; the gain is uniform in ``scale_factor``.
    :class:`BottomupRandomAffine` cannot do that: its scale is the size of the
    window in the source, whose inverse is not uniform, its shift is relative
    to the source, and its perspective mode turns about a wrong centre where
    the sizes of source and input differ.

    Boxes are clipped to the input, keypoints outside it are unlabelled, and
    persons of whose box little is left are dropped.

    Required Keys:

        - img, flip_indices
        - the persons' arrays (optional), see :mod:`.persons`

    Modified Keys:

        - img, img_shape: (height, width) of the input
        - the persons' arrays

    Args:
        input_size (Sequence[int]): Width and height of the network's input.
        shift_factor (float): Largest shift, as a share of the input's width
            and height. Defaults to 0.1.
        scale_factor (Sequence[float]): Least and largest gain. Defaults to
            (0.5, 1.5).
        min_box_share (float): A person is kept where at least this share of
            the box is inside the input. Defaults to 0.1.
        size_factor (int): The largest stride that is trained. Defaults to 32.
        pad_val (int): Grey value beyond the picture. Defaults to 114.

    Raises:
        InputError: ``input_size`` is no multiple of ``size_factor``.
    """

    def __init__(self,
                 input_size: Sequence[int],
                 shift_factor: float = 0.1,
                 scale_factor: Sequence[float] = (0.5, 1.5),
                 min_box_share: float = 0.1,
                 size_factor: int = 32,
                 pad_val: int = 114) -> None:
        self.input_size = check_input_size(input_size, size_factor)
        self.shift_factor = shift_factor
        self.scale_factor = tuple(scale_factor)
        self.min_box_share = min_box_share
        self.pad_val = pad_val

    def transform(self, results: dict) -> dict:
        """Warp the picture and move its persons with it.

        Args:
            results (dict): See the class.

        Returns:
            dict: ``results``.
        """
        gain, offset = self._draw(results)
        matrix = np.array([[gain, 0, offset[0]], [0, gain, offset[1]]])
        width, height = self.input_size
        results['img'] = cv2.warpAffine(
            results['img'], matrix, (width, height), flags=cv2.INTER_LINEAR,
            borderValue=(self.pad_val, ) * 3)
        results['img_shape'] = (height, width)

        moved = move_persons(get_persons(results), (gain, gain), offset)
        clipped = clip_persons(moved, width, height)
        keep = (_box_areas(clipped['bbox'])
                >= self.min_box_share * _box_areas(moved['bbox']))
        set_persons(results, select_persons(clipped, keep))
        return results

    def _draw(self, results: dict) -> tuple[float, np.ndarray]:
        """Draw the gain, and the offset ``(2, )`` in pixels of the input."""
        gain = np.random.uniform(*self.scale_factor)
        shift = np.random.uniform(-self.shift_factor, self.shift_factor, 2)
        size = np.array(self.input_size)
        return gain, (size - 1) / 2 + shift * size - gain * _center(results['img'])

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(input_size={self.input_size}, '
                f'shift_factor={self.shift_factor}, '
                f'scale_factor={self.scale_factor}, '
                f'min_box_share={self.min_box_share}, '
                f'pad_val={self.pad_val})')


@TRANSFORMS.register_module()
class PoseRandomCrop(PoseRandomAffine):
    """Cut the input out of a larger picture, about one of its persons.

    A net learns from small inputs, at little cost, what people look like at
    the scale of a large one: it is tested on whole pictures.

    The centre of a labelled person's box, each as likely as another, goes to
    the centre of the input, moved by up to ``shift_factor`` of the input. Where
    there is nobody, the centre of the picture does. The gain is uniform in
    ``scale_factor``, and less for a person who would not fit.

    Required and modified keys are those of :class:`PoseRandomAffine`.

    Args:
        input_size (Sequence[int]): See :class:`PoseRandomAffine`.
        shift_factor (float): See :class:`PoseRandomAffine`. Defaults to 0.3.
        scale_factor (Sequence[float]): Least and largest gain, relative to the
            picture as it comes. Defaults to (0.5, 1.5).
        largest_share (float): How long the person's box may become, as a share
            of the input. Above 1, people are cut off. Defaults to 1.2.
        **kwargs: See :class:`PoseRandomAffine`.
    """

    def __init__(self,
                 input_size: Sequence[int],
                 shift_factor: float = 0.3,
                 scale_factor: Sequence[float] = (0.5, 1.5),
                 largest_share: float = 1.2,
                 **kwargs: Any) -> None:
        super().__init__(input_size, shift_factor, scale_factor, **kwargs)
        self.largest_share = largest_share

    def _draw(self, results: dict) -> tuple[float, np.ndarray]:
        gain = np.random.uniform(*self.scale_factor)
        shift = np.random.uniform(-self.shift_factor, self.shift_factor, 2)
        size = np.array(self.input_size)
        point = _center(results['img'])
        persons = get_persons(results)
        boxes = persons['bbox'][persons['keypoints_visible'].any(axis=1)]
        if len(boxes):
            low, high = boxes[np.random.randint(len(boxes))].reshape(2, 2)
            point = (low + high) / 2
            length = max(float((high - low).max()), 1.0)
            gain = min(gain, self.largest_share * min(self.input_size) / length)
        return gain, (size - 1) / 2 + shift * size - gain * point

    def __repr__(self) -> str:
        return (f'{super().__repr__()[:-1]}, '
                f'largest_share={self.largest_share})')


def _center(image: np.ndarray) -> np.ndarray:
    """Return the x and y of the middle of a picture ``(h, w, 3)``."""
    return (np.array(image.shape[1::-1]) - 1) / 2


def _box_areas(boxes: np.ndarray) -> np.ndarray:
    """Return the areas ``(n,)`` of boxes ``(n, 4)`` xyxy."""
    return (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
