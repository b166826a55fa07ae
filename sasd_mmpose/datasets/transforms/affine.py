"""Random translation and scale, for training."""
from __future__ import annotations

from collections.abc import Sequence

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
        gain = np.random.uniform(*self.scale_factor)
        shift = np.random.uniform(-self.shift_factor, self.shift_factor, 2)
        img = results['img']
        size = np.array(self.input_size)
        source_center = (np.array(img.shape[1::-1]) - 1) / 2
        offset = (size - 1) / 2 + shift * size - gain * source_center
        matrix = np.array([[gain, 0, offset[0]], [0, gain, offset[1]]])
        width, height = self.input_size
        results['img'] = cv2.warpAffine(
            img, matrix, (width, height), flags=cv2.INTER_LINEAR,
            borderValue=(self.pad_val, ) * 3)
        results['img_shape'] = (height, width)

        moved = move_persons(get_persons(results), (gain, gain), offset)
        clipped = clip_persons(moved, width, height)
        keep = (_box_areas(clipped['bbox'])
                >= self.min_box_share * _box_areas(moved['bbox']))
        set_persons(results, select_persons(clipped, keep))
        return results

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(input_size={self.input_size}, '
                f'shift_factor={self.shift_factor}, '
                f'scale_factor={self.scale_factor}, '
                f'min_box_share={self.min_box_share}, '
                f'pad_val={self.pad_val})')


def _box_areas(boxes: np.ndarray) -> np.ndarray:
    """Return the areas ``(n,)`` of boxes ``(n, 4)`` xyxy."""
    return (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
