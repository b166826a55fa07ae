"""What an estimator found in one image, or in several."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload

import numpy as np

from ..errors import InputError
from ..visualization.pose_drawer import DrawingStyle, PoseDrawer
from .person import Person
from .runtimes.base import checked_image
from .sources import Frame, Image, read_frame
from .tables import Exports, to_supervision


@dataclass(frozen=True, eq=False)
class PoseResult(Exports, Sequence[Person]):
    """The persons of one image, a sequence with the highest score first.

    Attributes:
        persons (list[Person]): In pixels of the image.
        frame (Frame): The image: its id and name, and why it could not be read
            if so.
        size (tuple[int, int]): Its width and height in pixels; (0, 0) where it
            could not be read.
        keypoint_names (tuple[str, ...]): Of the K keypoints, in order.
        drawing (Mapping): Bones and colours, as :class:`PoseDrawer` reads them.
    """
    persons: list[Person]
    frame: Frame = field(repr=False)
    size: tuple[int, int]
    keypoint_names: tuple[str, ...] = field(repr=False)
    drawing: Mapping[str, Any] = field(repr=False)

    def __len__(self) -> int:
        return len(self.persons)

    def __iter__(self) -> Iterator[Person]:
        return iter(self.persons)

    @overload
    def __getitem__(self, index: int) -> Person: ...

    @overload
    def __getitem__(self, index: slice) -> list[Person]: ...

    def __getitem__(self, index: int | slice) -> Person | list[Person]:
        return self.persons[index]

    @property
    def problem(self) -> str | None:
        """One line that says why the image could not be read, None if it was."""
        return self.frame.problem

    def draw(self, image: Image | None = None,
             keypoint_thr: float = 0.3, *, boxes: bool = False,
             thickness: int | None = None, legend: bool = False) -> np.ndarray:
        """Draw the skeletons on a copy of the image.

        Who has an identity is drawn in its colour, with its number.

        Args:
            image (Image | None): The image; None for the one that was given
                to the estimator, of which a file is read again.
            keypoint_thr (float): Keypoints below this score are left out.
            boxes (bool): Whether to draw the boxes too.
            thickness (int | None): Of the bones, in pixels; None for one that
                follows from the size of each person.
            legend (bool): Whether to say which colours are left and right.

        Returns:
            np.ndarray: (H, W, 3), BGR, uint8.

        Raises:
            InputError: There is no image, or it cannot be read.
        """
        if image is None:
            image = self.frame.image if self.frame.image is not None \
                else self.frame.path
        if image is None:
            raise InputError('draw: the image is gone; give it as draw(image)')
        canvas = checked_image(read_frame(image).image)
        style = DrawingStyle(keypoint_thr, boxes, thickness, legend)
        drawer = PoseDrawer(
            self.drawing, style=style, keypoint_names=self.keypoint_names)
        return drawer(canvas, self.persons)

    def _results(self) -> Sequence[PoseResult]:
        return [self]

    def to_supervision(self) -> Any:
        """Return the persons as ``supervision.KeyPoints``.

        Returns:
            supervision.KeyPoints: With ``box``, ``score`` and, where people are
            tracked, ``tracker_id`` in its ``data``.

        Raises:
            InputError: supervision is not installed.
        """
        return to_supervision(self)

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for json.

        Returns:
            dict: ``image_id``, ``file_name`` or ``frame``, ``width``,
            ``height``, ``problem``, and ``persons``; see
            :meth:`Person.to_dict`.
        """
        return dict(
            image_id=self.frame.image_id, **self.frame.name, width=self.size[0],
            height=self.size[1], problem=self.problem,
            persons=[p.to_dict(self.keypoint_names) for p in self.persons])

    def without_pixels(self) -> PoseResult:
        """Return a copy that does not keep the image in memory."""
        return replace(self, frame=self.frame._replace(image=None))


class PoseResults(Exports, list[PoseResult]):
    """The results of several images: a list that can be written as one."""

    def _results(self) -> Sequence[PoseResult]:
        return self
