"""Random translation, scale and rotation, for training."""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from ...images import UnreadableImage
from .image_file import OpenImage
from .loading import ImageReader
from .persons import (
    Persons,
    clip_persons,
    get_persons,
    select_persons,
    set_persons,
    warp_persons,
)
from .resize import check_input_size

# Pixels around a cut, of those that are interpolated, which may be looked at.
_MARGIN = 2


@TRANSFORMS.register_module()
class PoseRandomAffine(BaseTransform):
    """Scale an image about its centre, shift it, and cut out the input.

    YOLO-Pose's augmentation: the centre of the image, usually a mosaic of
    twice the input's size, goes to the centre of the input, moved by up to
    ``shift_factor`` of the input; the gain is uniform in ``scale_factor``.
    :class:`BottomupRandomAffine` cannot do that: its scale is the size of the
    window in the source, whose inverse is not uniform, its shift is relative
    to the source, and its perspective mode turns about a wrong centre where
    the sizes of source and input differ.

    Boxes are clipped to the input, keypoints outside it are unlabelled, and
    persons of whose box little is left are dropped.

    A sample that has no ``img`` yet needs no loading before: of its file only
    what the input shows is decoded, at half, a quarter or an eighth of its
    size where no more is needed. Where pixels are shrunk to half or less,
    blocks of them are averaged first.

    Required Keys:

        - img (uint8, BGR) or img_path
        - flip_indices
        - the persons' arrays (optional), see :mod:`.persons`

    Modified Keys:

        - img, img_shape: (height, width) of the input
        - ori_shape: (height, width) of the image, where it was read here
        - the persons' arrays
        - skipped_images (optional), see :class:`LoadPoseImage`

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
        pad_val (int): Grey value beyond the image. Defaults to 114.
        on_error (str): What to do with an image that cannot be read, see
            :class:`LoadPoseImage`. Defaults to ``'raise'``.
        backend_args (dict, optional): See :func:`mmengine.fileio.get`.

    Raises:
        InputError: ``input_size`` is no multiple of ``size_factor``; and what
            :class:`LoadPoseImage` raises.
    """

    def __init__(self,
                 input_size: Sequence[int],
                 shift_factor: float = 0.1,
                 scale_factor: Sequence[float] = (0.5, 1.5),
                 rotate_factor: float = 0.0,
                 min_box_share: float = 0.1,
                 size_factor: int = 32,
                 pad_val: int = 114,
                 on_error: str = 'raise',
                 backend_args: dict | None = None) -> None:
        self.input_size = check_input_size(input_size, size_factor)
        self.shift_factor = shift_factor
        self.scale_factor = tuple(scale_factor)
        self.rotate_factor = rotate_factor
        self.min_box_share = min_box_share
        self.pad_val = pad_val
        self.reader = ImageReader(on_error, backend_args)

    def transform(self, results: dict) -> dict | None:
        """Warp the image and move its persons with it.

        Args:
            results (dict): See the class.

        Returns:
            dict | None: ``results``, or None where the image is skipped.
        """
        image = self.reader.open(results)
        if image is None:
            return None
        matrix = self._draw_matrix(results, image.size)
        return self._show(results, image, matrix,
                          warp_persons(get_persons(results), matrix))

    def _show(self, results: dict, image: OpenImage, matrix: np.ndarray,
              moved: Persons) -> dict | None:
        """Warp a single image into the input; None where it is broken.

        Args:
            results (dict): The sample; changed in place.
            image (OpenImage): Its image.
            matrix (np.ndarray): ``(2, 3)``, from its pixels to the input's.
            moved (dict[str, np.ndarray]): Its persons, in pixels of the input.
        """
        try:
            img = warp(image, matrix, self.input_size, self.pad_val)
        except UnreadableImage as error:
            return self.reader.failures.add(error)
        results.setdefault('ori_shape', image.size[::-1])
        self.reader.failures.end_row()
        self._finish(results, img, moved)
        return results

    def _finish(self, results: dict, img: np.ndarray, moved: Persons) -> None:
        """Write the input and those persons of whom enough is in it.

        Args:
            results (dict): The sample; changed in place.
            img (np.ndarray): The input, ``(height, width, 3)``.
            moved (dict[str, np.ndarray]): Persons in pixels of the input.
        """
        width, height = self.input_size
        results['img'] = img
        results['img_shape'] = (height, width)
        self.reader.failures.report(results)
        clipped = clip_persons(moved, width, height)
        keep = (_box_areas(clipped['bbox'])
                >= self.min_box_share * _box_areas(moved['bbox']))
        set_persons(results, select_persons(clipped, keep))

    def _draw_matrix(self, results: dict, image_size: tuple[int, int]) -> np.ndarray:
        """Draw the map ``(2, 3)`` from pixels of the image to the input's."""
        gain, shift = self._draw()
        size = np.array(self.input_size)
        center, gain = self._aim(results, image_size, gain)
        target = (size - 1) / 2 + shift * size
        angle = 0.0
        if self.rotate_factor:  # No draw without it: older runs can be repeated.
            angle = np.random.uniform(-self.rotate_factor, self.rotate_factor)
        matrix = cv2.getRotationMatrix2D(tuple(center), angle, gain)
        matrix[:, 2] += (self._place(image_size, center, target, gain) - center)
        return matrix

    def _draw(self) -> tuple[float, np.ndarray]:
        """Draw the gain, and the shift ``(2,)`` as shares of the input."""
        gain = np.random.uniform(*self.scale_factor)
        return gain, np.random.uniform(-self.shift_factor, self.shift_factor, 2)

    def _aim(self, results: dict, image_size: tuple[int, int],
             gain: float) -> tuple[np.ndarray, float]:
        """Return a pixel of the image ``(2,)`` to cut about, and the gain."""
        return (np.array(image_size) - 1) / 2, gain

    def _place(self, image_size: tuple[int, int], center: np.ndarray,
               target: np.ndarray, gain: float) -> np.ndarray:
        """Return the pixel of the input ``(2,)`` that ``center`` goes to."""
        return target

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(input_size={self.input_size}, '
                f'shift_factor={self.shift_factor}, '
                f'scale_factor={self.scale_factor}, '
                f'rotate_factor={self.rotate_factor}, '
                f'min_box_share={self.min_box_share}, '
                f'pad_val={self.pad_val}, '
                f'on_error={self.reader.failures.on_error!r})')


@TRANSFORMS.register_module()
class PoseRandomCrop(PoseRandomAffine):
    """Cut the input out of a larger image, about one of its persons.

    A net learns from small inputs, at little cost, what people look like at
    the scale of a large one: it is tested on whole images.

    The centre of a labelled person's box, each as likely as another, goes to
    the centre of the input, moved by up to ``shift_factor`` of the input. Where
    there is nobody, the centre of the image does. The gain is uniform in
    ``scale_factor``, and less for a person who would not fit.

    Required and modified keys are those of :class:`PoseRandomAffine`.

    Args:
        input_size (Sequence[int]): See :class:`PoseRandomAffine`.
        shift_factor (float): See :class:`PoseRandomAffine`. Defaults to 0.3.
        scale_factor (Sequence[float]): Least and largest gain, relative to the
            image as it comes. Defaults to (0.5, 1.5).
        largest_share (float): How long the person's box may become, as a share
            of the input. Above 1, people are cut off. Defaults to 1.2.
        fill (bool): Whether the cut keeps to the image as far as its size
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

    def _aim(self, results: dict, image_size: tuple[int, int],
             gain: float) -> tuple[np.ndarray, float]:
        persons = get_persons(results)
        boxes = persons['bbox'][persons['keypoints_visible'].any(axis=1)]
        if not len(boxes):
            return super()._aim(results, image_size, gain)
        low, high = boxes[np.random.randint(len(boxes))].reshape(2, 2)
        length = max(float((high - low).max()), 1.0)
        fitting = self.largest_share * min(self.input_size) / length
        return (low + high) / 2.0, min(gain, fitting)

    def _place(self, image_size: tuple[int, int], center: np.ndarray,
               target: np.ndarray, gain: float) -> np.ndarray:
        if not self.fill:
            return target
        # Where the image's first or last pixel meets that of the input.
        before = gain * center
        after = np.array(self.input_size) - 1 - gain * (
            np.array(image_size) - 1 - center)
        return np.clip(target, np.minimum(before, after), np.maximum(before, after))

    def __repr__(self) -> str:
        return (f'{super().__repr__()[:-1]}, '
                f'largest_share={self.largest_share}, fill={self.fill})')


def warp(image: OpenImage, matrix: np.ndarray, size: tuple[int, int],
         pad_val: int) -> np.ndarray:
    """Show an image as a linear map says, decoding no more than is shown.

    Args:
        image (OpenImage): The image.
        matrix (np.ndarray): ``(2, 3)``, from pixels of the image to those of
            the result.
        size (tuple[int, int]): Width and height of the result.
        pad_val (int): Grey value beyond the image.

    Returns:
        np.ndarray: ``(height, width, 3)``, BGR, uint8.

    Raises:
        UnreadableImage: The image is broken.
    """
    gain = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    x1, y1, x2, y2 = _shown_part(image.size, matrix, size, _MARGIN / min(gain, 1))
    if x1 >= x2 or y1 >= y2:
        return np.full((size[1], size[0], 3), pad_val, np.uint8)
    pixels, scale = image.read(gain, y2)
    # In pixels of what was read, which starts at the image's corner.
    x1, y1 = (math.floor(edge * scale) for edge in (x1, y1))
    x2, y2 = (math.ceil(edge * scale) for edge in (x2, y2))
    pixels = pixels[y1:y2, x1:x2]
    block = max(1, min(int(scale / gain), *pixels.shape[:2]))
    if block > 1:
        pixels = cv2.resize(pixels, None, fx=1 / block, fy=1 / block,
                            interpolation=cv2.INTER_AREA)
    # Edge e of these pixels is edge ``e * step + corner`` of the image.
    step, corner = block / scale, np.array([x1, y1]) / scale
    linear, offset = matrix[:, :2], matrix[:, 2]
    start = step / 2 + corner - 0.5
    matrix = np.column_stack([linear * step, linear @ start + offset])
    return cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_LINEAR,
                          borderValue=(pad_val, ) * 3)


def _shown_part(image_size: tuple[int, int], matrix: np.ndarray,
                size: tuple[int, int],
                margin: float) -> tuple[int, int, int, int]:
    """Return the edges x1, y1, x2, y2 of the part of an image that is shown.

    The part is larger by ``margin`` pixels of the image on each side, as far
    as there are any, and empty where the image is outside.
    """
    width, height = size
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]]) - 0.5
    inverse = cv2.invertAffineTransform(matrix)
    source = corners @ inverse[:, :2].T + inverse[:, 2]
    low = np.maximum(np.floor(source.min(axis=0) - margin), 0)
    high = np.minimum(np.ceil(source.max(axis=0) + 1 + margin), image_size)
    return (*low.astype(int), *high.astype(int))


def _box_areas(boxes: np.ndarray) -> np.ndarray:
    """Return the areas ``(n,)`` of boxes ``(n, 4)`` xyxy."""
    return (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
