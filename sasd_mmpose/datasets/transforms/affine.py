"""Random translation, scale and rotation, for training."""
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
    select_persons,
    set_persons,
    warp_persons,
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
        rotate_factor (float): Largest angle about the centre of the cut, in
            degrees, either way. Defaults to 0, as in YOLO-Pose.
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
                 rotate_factor: float = 0.0,
                 min_box_share: float = 0.1,
                 size_factor: int = 32,
                 pad_val: int = 114) -> None:
        self.input_size = check_input_size(input_size, size_factor)
        self.shift_factor = shift_factor
        self.scale_factor = tuple(scale_factor)
        self.rotate_factor = rotate_factor
        self.min_box_share = min_box_share
        self.pad_val = pad_val

    def transform(self, results: dict) -> dict:
        """Warp the picture and move its persons with it.

        Args:
            results (dict): See the class.

        Returns:
            dict: ``results``.
        """
        matrix = self._draw_matrix(results)
        width, height = self.input_size
        results['img'] = cv2.warpAffine(
            results['img'], matrix, (width, height), flags=cv2.INTER_LINEAR,
            borderValue=(self.pad_val, ) * 3)
        results['img_shape'] = (height, width)

        moved = warp_persons(get_persons(results), matrix)
        clipped = clip_persons(moved, width, height)
        keep = (_box_areas(clipped['bbox'])
                >= self.min_box_share * _box_areas(moved['bbox']))
        set_persons(results, select_persons(clipped, keep))
        return results

    def _draw_matrix(self, results: dict) -> np.ndarray:
        """Draw the map ``(2, 3)`` from pixels of the picture to the input's."""
        gain = np.random.uniform(*self.scale_factor)
        shift = np.random.uniform(-self.shift_factor, self.shift_factor, 2)
        size = np.array(self.input_size)
        center, gain = self._aim(results, gain)
        target = (size - 1) / 2 + shift * size
        angle = 0.0
        if self.rotate_factor:  # No draw without it: older runs can be repeated.
            angle = np.random.uniform(-self.rotate_factor, self.rotate_factor)
        matrix = cv2.getRotationMatrix2D(tuple(center), angle, gain)
        matrix[:, 2] += self._place(results, center, target, gain) - center
        return matrix

    def _aim(self, results: dict, gain: float) -> tuple[np.ndarray, float]:
        """Return a pixel of the picture ``(2,)`` to cut about, and the gain."""
        return _center(results['img']), gain

    def _place(self, results: dict, center: np.ndarray, target: np.ndarray,
               gain: float) -> np.ndarray:
        """Return the pixel of the input ``(2,)`` that ``center`` goes to."""
        return target

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(input_size={self.input_size}, '
                f'shift_factor={self.shift_factor}, '
                f'scale_factor={self.scale_factor}, '
                f'rotate_factor={self.rotate_factor}, '
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
        fill (bool): Whether the cut keeps to the picture as far as its size
            allows, so that less of the input is grey. Defaults to False.
        **kwargs: See :class:`PoseRandomAffine`.
    """

    def __init__(self,
                 input_size: Sequence[int],
                 shift_factor: float = 0.3,
                 scale_factor: Sequence[float] = (0.5, 1.5),
                 largest_share: float = 1.2,
                 fill: bool = False,
                 **kwargs: Any) -> None:
        super().__init__(input_size, shift_factor, scale_factor, **kwargs)
        self.largest_share = largest_share
        self.fill = fill

    def _aim(self, results: dict, gain: float) -> tuple[np.ndarray, float]:
        persons = get_persons(results)
        boxes = persons['bbox'][persons['keypoints_visible'].any(axis=1)]
        if not len(boxes):
            return super()._aim(results, gain)
        low, high = boxes[np.random.randint(len(boxes))].reshape(2, 2)
        length = max(float((high - low).max()), 1.0)
        fitting = self.largest_share * min(self.input_size) / length
        return (low + high) / 2.0, min(gain, fitting)

    def _place(self, results: dict, center: np.ndarray, target: np.ndarray,
               gain: float) -> np.ndarray:
        if not self.fill:
            return target
        # Where the picture's first or last pixel meets that of the input.
        before = gain * center
        after = np.array(self.input_size) - 1 - gain * (
            np.array(results['img'].shape[1::-1]) - 1 - center)
        return np.clip(
            target, np.minimum(before, after), np.maximum(before, after))

    def __repr__(self) -> str:
        return (f'{super().__repr__()[:-1]}, '
                f'largest_share={self.largest_share}, fill={self.fill})')


def _center(image: np.ndarray) -> np.ndarray:
    """Return the x and y of the middle of a picture ``(h, w, 3)``."""
    return (np.array(image.shape[1::-1]) - 1) / 2


def _box_areas(boxes: np.ndarray) -> np.ndarray:
    """Return the areas ``(n,)`` of boxes ``(n, 4)`` xyxy."""
    return (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
