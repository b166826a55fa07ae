"""Fitting an image into the network's input, for testing."""
from __future__ import annotations

from collections.abc import Sequence

from mmpose.datasets.transforms import BottomupResize
from mmpose.registry import TRANSFORMS

from ...errors import InputError
from ...images import shrunk


def check_input_size(input_size: Sequence[int], size_factor: int) -> tuple[int, int]:
    """Check that a network with this largest stride can take this size.

    Args:
        input_size (Sequence[int]): Width and height in pixels.
        size_factor (int): The largest stride of the network.

    Returns:
        tuple[int, int]: Width and height.

    Raises:
        InputError: A side is not a positive multiple of ``size_factor``.
    """
    width, height = input_size
    if min(width, height) < 1 or width % size_factor or height % size_factor:
        fitting = tuple(
            max(1, round(side / size_factor)) * size_factor
            for side in input_size)
        raise InputError(
            f'input_size=({width}, {height}): both sides must be multiples of '
            f'the largest stride {size_factor}; the nearest is {fitting}')
    return int(width), int(height)


@TRANSFORMS.register_module()
class PoseResize(BottomupResize):
    """Resize the long side, pad to the input size, around the centre.

    :class:`BottomupResize` in its mode ``'fit'``, which raises on a size that
    does not fit the strides only when the first image comes, from a loader
    process. This one does when it is built.

    Args:
        input_size (Sequence[int]): Width and height of the network's input.
        size_factor (int): The largest stride of the network. Defaults to 32.
        pad_val (int): Grey value around the image. Defaults to 114.

    Raises:
        InputError: ``input_size`` is no multiple of ``size_factor``.
    """

    def __init__(self,
                 input_size: Sequence[int],
                 size_factor: int = 32,
                 pad_val: int = 114) -> None:
        super().__init__(
            input_size=check_input_size(input_size, size_factor),
            size_factor=size_factor,
            pad_val=(pad_val, ) * 3)

    def transform(self, results: dict) -> dict | None:
        """Fit the image; one too long for OpenCV's warp is shrunk first.

        Args:
            results (dict): With ``img`` (H, W, 3) and ``ori_shape`` (H, W).

        Returns:
            dict | None: See :class:`BottomupResize`.
        """
        small, ratio = shrunk(results['img'])
        if small is results['img']:
            return super().transform(results)
        fitted = super().transform(dict(results, img=small, ori_shape=small.shape[:2]))
        return dict(fitted, ori_shape=results['ori_shape'],
                    input_center=fitted['input_center'] * ratio,
                    input_scale=fitted['input_scale'] * ratio)
