"""Persons from pictures by a deployed net; no torch."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..images import to_bgr_uint8
from .backends import Net, open_net
from .decoding import PoseDecoder
from .letterbox import Letterbox, Placement
from .model_description import ModelDescription
from .person import Person


class PosePredictor:
    """A model folder that is ready to find persons.

    A call runs three stages, which are there by themselves too::

        blob, place = predictor.preprocess(image)
        maps = predictor.net(blob)
        persons = predictor.decode(maps, place)

    Args:
        description (ModelDescription): The net.
        net (Net): The same, loaded.
        score_thr (float | None): Persons at or below this score are left out;
            None for the description's.
        size (int | Sequence[int] | None): Side of the square network input,
            or width and height, in pixels; None for the description's.

    Attributes:
        net (Net): Maps a blob to the raw maps; see :meth:`Net.__call__`.
        size (tuple[int, int]): Width and height of the network input.

    Raises:
        InputError: The net cannot take the size, or the description does not
            fit it.
    """

    def __init__(self,
                 description: ModelDescription,
                 net: Net,
                 score_thr: float | None = None,
                 size: int | Sequence[int] | None = None) -> None:
        self.description = description
        self.net = net
        self.size = description.input_size(size)
        self.letterbox = Letterbox(description.input, self.size)
        thresholds = description.thresholds
        if score_thr is not None:
            thresholds = replace(thresholds, score=score_thr)
        self.decoder = PoseDecoder(description, thresholds)
        self._check_shapes()

    @classmethod
    def from_dir(cls,
                 folder: str | Path,
                 backend: str | None = None,
                 threads: int = 1,
                 score_thr: float | None = None,
                 size: int | Sequence[int] | None = None) -> PosePredictor:
        """Load a model folder.

        Args:
            folder (str | Path): What ``tools/deploy.py`` wrote.
            backend (str | None): ``'ncnn'``, ``'onnxruntime'`` or
                ``'openvino'``; None for the one that the folder is made for.
            threads (int): Threads that the net computes with.
            score_thr (float | None): See the class.
            size (int | Sequence[int] | None): See the class.

        Raises:
            InputError: The folder or one of its files is missing or broken,
                or the backend cannot run it.
        """
        description = ModelDescription.read(folder)
        net = open_net(Path(folder), description, backend, threads)
        return cls(description, net, score_thr, size)

    def _check_shapes(self) -> None:
        """Run the net once, and compare its maps with the description."""
        width, height = self.size
        maps = self.net(np.zeros((1, 3, height, width), np.float32))
        for found, output in zip(maps, self.description.outputs, strict=True):
            expected = self.description.map_shape(output, self.size)
            if found.shape != expected:
                raise InputError(
                    f'{self.net.paths[0]}: {output.name} has the shape '
                    f'{found.shape} and by deploy.json {expected}; the files do '
                    'not belong together')

    def preprocess(self, image: np.ndarray) -> tuple[np.ndarray, Placement]:
        """Make the net's input of a picture.

        Args:
            image (np.ndarray): As OpenCV gives it: grey, BGR or BGRA of 8 or
                16 bits, of any size.

        Returns:
            tuple[np.ndarray, Placement]: Blob of shape (1, 3, H, W), float32,
            and where the picture lies in it.

        Raises:
            InputError: It is no such picture.
        """
        try:
            return self.letterbox(to_bgr_uint8(image))
        except ValueError as error:
            raise InputError(str(error)) from error

    def decode(self, maps: Sequence[np.ndarray], place: Placement) -> list[Person]:
        """Find the persons in raw maps.

        Args:
            maps (Sequence[np.ndarray]): What the net returned.
            place (Placement): Where the picture lay in its input.

        Returns:
            list[Person]: In pixels of the picture, most certain first.
        """
        poses = self.decoder(maps)
        boxes = place.to_picture(poses.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
        return [
            Person(box, float(score), keypoints, keypoint_scores)
            for box, score, keypoints, keypoint_scores in zip(
                boxes, poses.scores, place.to_picture(poses.keypoints),
                poses.keypoint_scores)
        ]

    def __call__(self, image: np.ndarray) -> list[Person]:
        """Find the persons of one picture.

        Args:
            image (np.ndarray): See :meth:`preprocess`.

        Returns:
            list[Person]: In pixels of the picture, most certain first.
        """
        blob, place = self.preprocess(image)
        return self.decode(self.net(blob), place)
