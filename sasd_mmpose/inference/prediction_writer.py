"""Predictions on disk, complete after every picture."""
from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from ..errors import InputError
from ..visualization.pose_drawer import PoseDrawer
from .person import Person
from .sources import Frame, PictureSource, VideoSource

VIDEO_CODEC = 'mp4v'  # every build of OpenCV with FFMPEG can write it


class JsonList:
    """A json file with one list, whole and valid after each addition.

    Args:
        path (Path): The file; one that exists is replaced.
    """

    def __init__(self, path: Path) -> None:
        self._file = open(path, 'wb')  # noqa: SIM115  (closed by close())
        self._end = self._file.write(b'[')
        self._empty = True
        self.extend([])

    def extend(self, records: list[dict]) -> None:
        """Append records."""
        text = b''
        for record in records:
            text += b'\n' if self._empty else b',\n'
            text += json.dumps(record).encode()
            self._empty = False
        # In one piece, so that nothing can come in between.
        self._file.seek(self._end)
        self._file.write(text + b'\n]\n')
        self._file.flush()
        self._end += len(text)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class DrawnVideo:
    """A video of drawn frames.

    Args:
        path (Path): An ``.mp4`` file.
        fps (float): Frames per second.
        size (tuple[int, int]): Width and height in pixels.

    Raises:
        InputError: OpenCV cannot write it.
    """

    def __init__(self, path: Path, fps: float, size: tuple[int, int]) -> None:
        self._writer = cv2.VideoWriter(
            str(path), cv2.VideoWriter_fourcc(*VIDEO_CODEC), fps, size)
        if not self._writer.isOpened():
            raise InputError(f'{path}: this OpenCV cannot write an mp4 video '
                             f'of {size[0]} x {size[1]} pixels')
        self._fps = fps
        self._size = size
        self._written = 0

    def add(self, image: np.ndarray, seconds: float) -> None:
        """Show a frame until its time; slow frames stand longer."""
        if image.shape[1::-1] != self._size:
            image = cv2.resize(image, self._size)
        due = round(seconds * self._fps) + 1
        for _ in range(max(1, due - self._written)):
            self._writer.write(image)
            self._written += 1

    def close(self) -> None:
        """Finish the file."""
        self._writer.release()


class PredictionWriter:
    """Writes predictions of a source into a folder as they come.

    - ``predictions.json``: COCO's list of results, each with ``file_name`` or
      ``frame``.
    - ``images.json``: of every picture its id, name and size, and why it
      could not be read if so.
    - ``drawn/``: the pictures with their skeletons, or ``drawn.mp4``.

    Args:
        folder (str | Path): The folder; made where it does not exist.
        drawer (PoseDrawer): Draws the skeletons.
        source (PictureSource | VideoSource): Where the pictures come from.

    Attributes:
        drawn (Path): The folder or the video with the skeletons.
        problems (list[str]): One line for each picture that could not be
            read.
        num_images (int): Pictures that were.
        num_persons (int): Persons in them.

    Raises:
        InputError: The folder or a file in it cannot be written, or the
            input lies where the drawn pictures go.
    """

    def __init__(self, folder: str | Path, drawer: PoseDrawer,
                 source: PictureSource | VideoSource) -> None:
        self.folder = Path(folder)
        self.drawer = drawer
        self.fps = source.fps
        is_video = self.fps is not None
        self.drawn = self.folder / ('drawn.mp4' if is_video else 'drawn')
        self.predictions_file = self.folder / 'predictions.json'
        inputs = [path.resolve() for path in source.paths]
        if self.drawn.resolve() in {*inputs, *(p.parent for p in inputs)}:
            raise InputError(f'{self.drawn}: the input would be overwritten; '
                             'name another folder with --out')
        try:
            (self.folder if is_video else self.drawn).mkdir(
                parents=True, exist_ok=True)
            self._predictions = JsonList(self.predictions_file)
            self._images = JsonList(self.folder / 'images.json')
        except OSError as error:
            raise InputError(f'{self.folder}: cannot be written '
                             f'({error.strerror}); name another folder '
                             'with --out') from error
        self._video: DrawnVideo | None = None
        self.problems: list[str] = []
        self.num_images = 0
        self.num_persons = 0

    def add(self, frame: Frame, persons: list[Person]) -> None:
        """Write a picture that was read, with the persons found in it."""
        height, width = frame.image.shape[:2]
        image_id = frame.image_id
        self._predictions.extend([
            dict(image_id=image_id, **frame.name, **person.to_coco())
            for person in persons
        ])
        self._images.extend(
            [dict(id=image_id, **frame.name, width=width, height=height)])
        self.num_images += 1
        self.num_persons += len(persons)
        image = self.drawer(frame.image, persons)
        if self.fps is None:
            self._write_picture(self.drawn / frame.name['file_name'], image)
        else:
            if self._video is None:
                self._video = DrawnVideo(self.drawn, self.fps, (width, height))
            self._video.add(image, frame.seconds)

    def add_problem(self, frame: Frame) -> None:
        """Note a picture that could not be read."""
        self._images.extend(
            [dict(id=frame.image_id, **frame.name, problem=frame.problem)])
        self.problems.append(frame.problem)

    @staticmethod
    def _write_picture(path: Path, image: np.ndarray) -> None:
        try:
            written = cv2.imwrite(
                str(path), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
        except cv2.error:
            written = False
        if not written:
            raise InputError(f'{path}: cannot be written; is the disk full?')

    def __enter__(self) -> PredictionWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        """Finish all files, whatever happened."""
        self._predictions.close()
        self._images.close()
        if self._video is not None:
            self._video.close()
