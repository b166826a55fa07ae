"""The interface of all runtimes."""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import InputError
from ...images import to_bgr_uint8
from ..person import Person


class Runtime(ABC):
    """A net that is loaded, with the stages before and after it.

    The stages can be called by themselves::

        blob, place = runtime.preprocess(image)
        maps = runtime.net(blob)
        persons = runtime.decode(maps, place)

    Attributes:
        name (str): ``'ncnn'``, ``'onnxruntime'``, ``'openvino'`` or ``'torch'``.
        size (tuple[int, int]): Width and height of the network input in pixels.
        keypoint_names (tuple[str, ...]): Of the K keypoints, in order.
        drawing (Mapping): Bones and colours, as :class:`PoseDrawer` reads them.
    """
    name: str
    size: tuple[int, int]
    keypoint_names: tuple[str, ...]
    drawing: Mapping[str, Any]

    @abstractmethod
    def preprocess(self, image: np.ndarray) -> tuple[np.ndarray, Any]:
        """Make the network input of an image.

        Args:
            image (np.ndarray): See :func:`sasd_mmpose.images.to_bgr_uint8`.

        Returns:
            tuple[np.ndarray, Any]: Blob of shape (1, 3, H, W), float32, and
            where the image lies in it, for :meth:`decode`.

        Raises:
            InputError: It is no image.
        """

    @abstractmethod
    def net(self, blob: np.ndarray) -> list[np.ndarray]:
        """Run the net on a blob; see :class:`.nets.Net`."""

    @abstractmethod
    def decode(self, maps: Sequence[np.ndarray], place: Any) -> list[Person]:
        """Find the persons in raw maps.

        Args:
            maps (Sequence[np.ndarray]): What :meth:`net` returned.
            place (Any): What :meth:`preprocess` returned beside the blob.

        Returns:
            list[Person]: In pixels of the image, highest score first.
        """

    @abstractmethod
    def at_size(self, size: int | Sequence[int]) -> Runtime:
        """Return a runtime of the same net with another input size."""

    def find_persons(self, images: Sequence[np.ndarray]) -> list[list[Person]]:
        """Find the persons of each image.

        Args:
            images (Sequence[np.ndarray]): See :meth:`preprocess`.

        Returns:
            list[list[Person]]: Per image; see :meth:`decode`.
        """
        found = []
        for image in images:
            blob, place = self.preprocess(image)
            found.append(self.decode(self.net(blob), place))
        return found


def checked_image(image: Any) -> np.ndarray:
    """Return an image as (H, W, 3), BGR, uint8; raise InputError for none."""
    if not isinstance(image, np.ndarray):
        hint = ('; cv2.imread returns None for a file that it cannot read'
                if image is None else '')
        raise InputError(f'image: expected an array or the path of a file, got '
                         f'{type(image).__name__}{hint}')
    try:
        return to_bgr_uint8(image)
    except ValueError as error:
        raise InputError(f'image: {error}') from error
