"""Mosaic, scale and shift at once: each image is resampled a single time."""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from mmengine.dataset import BaseDataset
from mmpose.registry import TRANSFORMS

from ...errors import InputError
from ...images import UnreadableImage
from .affine import PoseRandomAffine
from .image_file import OpenImage
from .persons import (
    Persons,
    clip_persons,
    get_persons,
    join_persons,
    move_persons,
    warp_persons,
)

MAX_DRAWS = 1000
# On which sides of the seams the images lie, along x and y: row by row.
_SIDES = ((-1, -1), (1, -1), (-1, 1), (1, 1))


class _Tile(NamedTuple):
    """One image of a mosaic."""
    sample: dict
    image: OpenImage


class _Span(NamedTuple):
    """What the input shows of one image along x or y, from its seam outwards.

    Attributes:
        near (int): First pixel of the input that shows it, counted from the
            seam.
        far (int): One past the last.
        scale (float): Pixels of the input per pixel of the image.
    """
    near: int
    far: int
    scale: float


@TRANSFORMS.register_module()
class PoseMosaicAffine(PoseRandomAffine):
    """Mosaic of four images, scaled and shifted, straight into the input.

    YOLO's augmentation. On a canvas of twice the input's size, four images
    that just fit into the input's size meet at a random point, the seams;
    the canvas is scaled about its centre by a random gain, shifted, and the
    input is cut out of it. A mosaic and :class:`PoseRandomAffine` one after
    the other do the same in more time; they can rotate, which this one
    cannot (``PoseMosaic`` of ``projects/paper_tables/variants``).

    Everything is drawn first. Then each image that the input shows is decoded,
    as far as it is shown and at no more than the scale that is needed, resized
    once and put into its place. What differs from the two transforms:

    - The shift is changed by up to half a pixel of the input, so that the
      seams fall between its pixels. Given that shift, labels are the same.
    - Pixels are interpolated once instead of twice, hence a little sharper;
      where they are shrunk to half or less, their mean is taken.
    - Where the canvas ends or an image does, the edge is at a whole pixel.
    - An image that is not shown, or the part of it below what is shown, is not
      decoded; that it is broken there goes unnoticed.

    With probability 1 - ``prob`` there is no mosaic: the sample's image is
    fitted into the input's size, then scaled and shifted.

    Required Keys:

        - img (uint8, BGR) or img_path
        - flip_indices
        - dataset (for the other three)
        - the persons' arrays (optional), see :mod:`.persons`

    Modified Keys:

        - img, img_shape: (height, width) of the input
        - ori_shape: (height, width) of the sample's own image
        - the persons' arrays
        - mosaic_img_paths: the paths of the images, row by row
        - skipped_images (optional): those of all images

    Args:
        input_size (Sequence[int]): Width and height of the network's input.
        center_range (Sequence[float]): Least and largest place of the seams,
            as a share of the input's width and height. Defaults to (0.5, 1.5),
            around the centre of the canvas.
        prob (float): Probability of a mosaic. Defaults to 1.
        shift_factor (float): See :class:`PoseRandomAffine`. Defaults to 0.1.
        scale_factor (Sequence[float]): Least and largest gain. Defaults to
            (0.5, 1.5).
        min_box_share (float): See :class:`PoseRandomAffine`. Defaults to 0.1.
        size_factor (int): The largest stride that is trained. Defaults to 32.
        pad_val (int): Grey value where no image is. Defaults to 114.
        on_error (str): What to do about an image that cannot be read:
            ``'raise'``; or ``'skip'``: another is drawn in its place, or the
            data set fetches another sample in that of its first. Defaults to
            ``'raise'``.
        backend_args (dict, optional): See :func:`mmengine.fileio.get`.

    Raises:
        InputError: ``input_size`` is no multiple of ``size_factor``; no image
            could be drawn from the data set; and what :class:`LoadPoseImage`
            raises.
    """

    def __init__(self,
                 input_size: Sequence[int],
                 center_range: Sequence[float] = (0.5, 1.5),
                 prob: float = 1.0,
                 shift_factor: float = 0.1,
                 scale_factor: Sequence[float] = (0.5, 1.5),
                 min_box_share: float = 0.1,
                 size_factor: int = 32,
                 pad_val: int = 114,
                 on_error: str = 'raise',
                 backend_args: dict | None = None) -> None:
        super().__init__(
            input_size, shift_factor, scale_factor,
            min_box_share=min_box_share, size_factor=size_factor,
            pad_val=pad_val, on_error=on_error, backend_args=backend_args)
        self.center_range = tuple(center_range)
        self.prob = prob

    def transform(self, results: dict) -> dict | None:
        """Make the input out of this sample and three others.

        Args:
            results (dict): See the class.

        Returns:
            dict | None: ``results``, or None where its image is skipped.
        """
        image = self.reader.open(results)
        if image is None:
            return None
        if np.random.uniform(0, 1) >= self.prob:
            return self._show_alone(results, image)
        dataset = results['dataset']
        tiles = [_Tile(results, image), *(self._draw_tile(dataset) for _ in range(3))]
        seams = np.array([
            int(np.random.uniform(*self.center_range) * side)
            for side in self.input_size])
        gain, shift = self._draw()
        matrix = self._matrix(seams, gain, shift)

        width, height = self.input_size
        img = np.full((height, width, 3), self.pad_val, np.uint8)
        for i, sides in enumerate(_SIDES):
            while not self._paint(img, tiles[i].image, sides, seams, matrix):
                if i == 0:
                    return None
                tiles[i] = self._draw_tile(dataset)
        persons = join_persons([
            self._to_canvas(tile, sides, seams)
            for tile, sides in zip(tiles, _SIDES, strict=True)])
        persons = clip_persons(persons, 2 * width, 2 * height)
        results.setdefault('ori_shape', image.size[::-1])
        results['mosaic_img_paths'] = tuple(
            tile.sample.get('img_path') for tile in tiles)
        self._finish(results, img, warp_persons(persons, matrix))
        return results

    def _show_alone(self, results: dict, image: OpenImage) -> dict | None:
        """Fit the sample's image into the input's size, scale and shift it."""
        gain, shift = self._draw()
        size = self._fitted(image)
        scale = size / np.array(image.size)
        # Resizing keeps the borders: -0.5 stays -0.5.
        fitted = move_persons(get_persons(results), scale, scale / 2 - 0.5)
        fitted = clip_persons(fitted, *size)
        matrix = self._about((size - 1) / 2, gain, shift)
        whole = matrix @ np.block([[np.diag(scale), (scale / 2 - 0.5)[:, None]],
                                   [0, 0, 1]])
        results['mosaic_img_paths'] = (results['img_path'], )
        return self._show(results, image, whole, warp_persons(fitted, matrix))

    def _draw_tile(self, dataset: BaseDataset) -> _Tile:
        """Draw a sample of the data set whose image can be opened."""
        for _ in range(MAX_DRAWS):
            sample = dataset.get_data_info(np.random.randint(len(dataset)))
            image = self.reader.open(sample)
            if image is not None:
                self.reader.failures.end_row()
                return _Tile(sample, image)
        raise InputError(
            f'PoseMosaicAffine: no image in {MAX_DRAWS} draws; check '
            'data_prefix')

    def _matrix(self, seams: np.ndarray, gain: float, shift: np.ndarray) -> np.ndarray:
        """Return the map ``(2, 3)`` from the canvas to the input.

        Args:
            seams (np.ndarray): Their place ``(2,)``, in pixels of the canvas.
            gain (float): Pixels of the input per pixel of the canvas.
            shift (np.ndarray): ``(2,)``, as shares of the input.
        """
        matrix = self._about(np.array(self.input_size) - 0.5, gain, shift)
        # Edge i of pixels is at i - 0.5.
        edges = gain * (seams - 0.5) + matrix[:, 2] + 0.5
        matrix[:, 2] += np.round(edges) - edges
        return matrix

    def _about(self, center: np.ndarray, gain: float, shift: np.ndarray) -> np.ndarray:
        """Return the map ``(2, 3)`` that brings a pixel to the input's centre."""
        size = np.array(self.input_size)
        target = (size - 1) / 2 + shift * size
        return np.column_stack([np.eye(2) * gain, target - gain * center])

    def _fitted(self, image: OpenImage) -> np.ndarray:
        """Return the size ``(2,)`` of an image that just fits the input."""
        size = np.array(image.size)
        ratio = (self.input_size / size).min()
        # A very long image keeps at least a line of pixels.
        return np.maximum(np.round(size * ratio), 1).astype(int)

    def _to_canvas(self, tile: _Tile, sides: tuple[int, int],
                   seams: np.ndarray) -> Persons:
        """Return the persons of an image in pixels of the canvas."""
        size = self._fitted(tile.image)
        scale = size / np.array(tile.image.size)
        corner = np.where(np.array(sides) < 0, seams - size, seams)
        return move_persons(get_persons(tile.sample), scale, scale / 2 - 0.5 + corner)

    def _paint(self, img: np.ndarray, image: OpenImage,
               sides: tuple[int, int], seams: np.ndarray,
               matrix: np.ndarray) -> bool:
        """Put what the input shows of an image into its place.

        Args:
            img (np.ndarray): The input ``(height, width, 3)``; changed.
            image (OpenImage): The image.
            sides (tuple[int, int]): Where it lies, seen from the seams.
            seams (np.ndarray): Their place ``(2,)``, in pixels of the canvas.
            matrix (np.ndarray): From the canvas to the input.

        Returns:
            bool: Whether it could be read; true where nothing of it is shown.
        """
        gain, size = matrix[0, 0], self._fitted(image)
        # The edge of the input's pixels that the seams fall upon.
        edges = np.round(gain * (seams - 0.5) + matrix[:, 2] + 0.5).astype(int)
        x, y = (
            _span(edges[i], sides[i], self.input_size[i],
                  gain * size[i] / image.size[i],
                  gain * min(size[i], _room(seams[i], sides[i], self.input_size[i])))
            for i in range(2))
        if x.near >= x.far or y.near >= y.far:
            return True
        try:
            pixels = _resample(image, sides, x, y)
        except UnreadableImage as error:
            self.reader.failures.add(error)
            return False
        pixels = pixels[y.near:, x.near:]
        left, top = (
            edge + span.near if side > 0 else edge - span.near - length
            for edge, side, span, length in zip(
                edges, sides, (x, y), pixels.shape[1::-1], strict=True))
        img[top:top + pixels.shape[0], left:left + pixels.shape[1]] = \
            _mirrored(pixels, sides)
        return True

    def __repr__(self) -> str:
        return (f'{super().__repr__()[:-1]}, '
                f'center_range={self.center_range}, prob={self.prob})')


def _room(seam: int, side: int, input_side: int) -> int:
    """Return how long the canvas is on one side of a seam, in its pixels."""
    return seam if side < 0 else 2 * input_side - seam


def _span(edge: int, side: int, input_side: int, scale: float, length: float) -> _Span:
    """Find what the input shows of an image along one axis.

    Args:
        edge (int): Where in the input the seam is, maybe outside.
        side (int): On which side of it the image lies: -1 or 1.
        input_side (int): Width or height of the input.
        scale (float): Pixels of the input per pixel of the image.
        length (float): Length of the image on the canvas, in pixels of the
            input.
    """
    before, after = (edge, input_side - edge)[::side]
    return _Span(max(0, -before), min(after, round(length)), scale)


def _resample(image: OpenImage, sides: tuple[int, int], x: _Span,
              y: _Span) -> np.ndarray:
    """Resize the corner of an image that lies at the seams.

    Returns:
        np.ndarray: Pixels of the input from the seams outwards: left and upper
        images are mirrored, so that all grow from the corner that stays.
        At most ``(y.far, x.far, 3)``.
    """
    width, height = image.size
    # One pixel more than is shown, for interpolation.
    columns = min(width, math.ceil((x.far + 1) / x.scale))
    rows = min(height, math.ceil((y.far + 1) / y.scale))
    pixels, scale = image.read(
        max(x.scale, y.scale), rows if sides[1] > 0 else height, whole=True)
    columns, rows = math.ceil(columns * scale), math.ceil(rows * scale)
    pixels = pixels[_corner(rows, sides[1]), _corner(columns, sides[0])]
    x_scale, y_scale = x.scale / scale, y.scale / scale
    shrunk = max(x_scale, y_scale) <= 0.5
    pixels = cv2.resize(
        _mirrored(pixels, sides), None, fx=x_scale, fy=y_scale,
        interpolation=cv2.INTER_AREA if shrunk else cv2.INTER_LINEAR)
    return pixels[:y.far, :x.far]


def _corner(length: int, side: int) -> slice:
    """Return the first so many, or for an image before the seam the last."""
    return slice(length) if side > 0 else slice(-length, None)


def _mirrored(pixels: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """Mirror pixels along each axis along which they lie before the seam."""
    if sides == (1, 1):
        return pixels
    code = 0 if sides[0] > 0 else 1 if sides[1] > 0 else -1
    return cv2.flip(pixels, code)
