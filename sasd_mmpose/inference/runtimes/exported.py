"""A net that was exported, on ncnn, ONNX Runtime or OpenVINO; no torch."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...errors import InputError
from ..decoding import PoseDecoder
from ..letterbox import Letterbox, Placement
from ..model_description import ModelDescription
from ..person import Person
from .base import Runtime, checked_image
from .nets import open_net


class ExportedRuntime(Runtime):
    """A net of which there are a description and something that computes it.

    Args:
        description (ModelDescription): The net.
        net (Callable): From the blob to the raw maps; see :class:`.nets.Net`.
        score_thr (float | None): Persons at or below this score are left out;
            None for the description's.
        size (int | Sequence[int] | None): Side of the square network input,
            or width and height, in pixels; None for the description's.
        name (str | None): Of the runtime; None for the description's backend.

    Raises:
        InputError: The net cannot take the size, or does not fit its
            description.
    """

    def __init__(self,
                 description: ModelDescription,
                 net: Callable[[np.ndarray], list[np.ndarray]],
                 score_thr: float | None = None,
                 size: int | Sequence[int] | None = None,
                 name: str | None = None) -> None:
        self.name = name or description.backend
        self.description = description
        self.size = description.input_size(size)
        self.keypoint_names = tuple(k.name for k in description.keypoints)
        self.drawing = description.drawing_metainfo
        self._net = net
        self._letterbox = Letterbox(description.input, self.size)
        self._score_thr = score_thr
        thresholds = description.thresholds
        if score_thr is not None:
            thresholds = replace(thresholds, score=score_thr)
        self._decoder = PoseDecoder(description, thresholds)
        self._check_shapes()

    @classmethod
    def from_dir(cls,
                 folder: str | Path,
                 name: str | None = None,
                 threads: int = 1,
                 score_thr: float | None = None,
                 size: int | Sequence[int] | None = None) -> ExportedRuntime:
        """Load a model folder.

        Args:
            folder (str | Path): What ``sasd export`` wrote.
            name (str | None): ``'ncnn'``, ``'onnxruntime'`` or ``'openvino'``;
                None for the one that the folder is made for.
            threads (int): Threads that the net computes with.
            score_thr (float | None): See the class.
            size (int | Sequence[int] | None): See the class.

        Raises:
            InputError: The folder or one of its files is missing or broken,
                or the runtime cannot run it.
        """
        description = ModelDescription.read(folder)
        net = open_net(Path(folder), description, name, threads)
        return cls(description, net, score_thr, size, name)

    def _check_shapes(self) -> None:
        """Run the net once, and compare its maps with the description."""
        width, height = self.size
        maps = self.net(np.zeros((1, 3, height, width), np.float32))
        for found, output in zip(maps, self.description.outputs, strict=True):
            expected = self.description.map_shape(output, self.size)
            if found.shape != expected:
                raise InputError(
                    f'{self.description.name}: {output.name} has the shape '
                    f'{found.shape} and by deploy.json {expected}; the files do '
                    'not belong together')

    def preprocess(self, image: np.ndarray) -> tuple[np.ndarray, Placement]:
        """See :class:`Runtime`."""
        return self._letterbox(checked_image(image))

    def net(self, blob: np.ndarray) -> list[np.ndarray]:
        """See :class:`Runtime`."""
        return self._net(blob)

    def decode(self, maps: Sequence[np.ndarray], place: Placement) -> list[Person]:
        """See :class:`Runtime`."""
        poses = self._decoder(maps)
        boxes = place.to_image(poses.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
        return [
            Person(box, float(score), keypoints, keypoint_scores)
            for box, score, keypoints, keypoint_scores in zip(
                boxes, poses.scores, place.to_image(poses.keypoints),
                poses.keypoint_scores)
        ]

    def at_size(self, size: int | Sequence[int]) -> ExportedRuntime:
        """See :class:`Runtime`."""
        return ExportedRuntime(
            self.description, self._net, self._score_thr, size, self.name)
