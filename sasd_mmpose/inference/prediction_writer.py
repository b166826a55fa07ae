"""Predictions on disk, complete after every image."""
from __future__ import annotations

import errno
import json
import os
from collections.abc import Collection
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from ..errors import InputError
from ..locking import lock
from ..paths import why_unwritable
from ..visualization.pose_drawer import DrawingStyle
from .pose_result import PoseResult
from .sources import ImageSource, VideoSource, opencv_path
from .tables import columns, csv_lines, rows

VIDEO_CODEC = 'mp4v'  # every build of OpenCV with FFMPEG can write it
# Kinds of files that hold colours; other images are drawn as PNG.
WRITABLE = frozenset(('.bmp', '.jpeg', '.jpg', '.jpe', '.png', '.ppm', '.tif',
                      '.tiff', '.webp'))
# What can be written.
FORMATS = ('coco', 'csv', 'drawn')
PART = '.writing'  # a drawn image until it is whole
# What no further file can be written after.
FATAL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class JsonList:
    """A json file with one list, whole and valid after each addition.

    Args:
        path (Path): The file; one that exists is replaced, unless another
            process writes to it.

    Raises:
        InputError: Another process writes to it.
        OSError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            lock(self._file, path.parent)
        except InputError:
            os.close(self._file)
            raise
        os.ftruncate(self._file, 0)
        self._end = 0
        self._empty = True
        self._write(b'[')
        self.extend([])

    def extend(self, records: list[dict]) -> None:
        """Append records.

        Raises:
            InputError: The disk is full, and the file stays as it was before;
                or someone removed it.
        """
        if os.fstat(self._file).st_nlink == 0:
            raise InputError(f'{self._path}: was removed while this run wrote to '
                             'it; start the run again')
        text = b''
        empty = self._empty
        for record in records:
            text += (b'\n' if empty else b',\n') + json.dumps(record).encode()
            empty = False
        try:
            self._write(text, b'\n]\n')
        except OSError as error:
            # The bytes of the old end are there already, on a full disk too.
            os.ftruncate(self._file, self._end)
            os.pwrite(self._file, b'\n]\n', self._end)
            raise unwritable(self._path, error) from error
        self._empty = empty

    def _write(self, text: bytes, closing: bytes = b'') -> None:
        """Write behind the last record."""
        rest, offset = text + closing, self._end
        while rest:
            written = os.pwrite(self._file, rest, offset)
            rest, offset = rest[written:], offset + written
        self._end += len(text)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def unwritable(path: Path, error: OSError) -> InputError:
    """Make the error for a file that cannot be written."""
    return InputError(f'{path}: cannot be written ({why_unwritable(path, error)}); '
                      'name another folder with --out')


class CsvTable:
    """A csv file of people, with whole rows after each addition.

    Args:
        path (Path): The file; one that exists is replaced.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open('wb', buffering=0)

    def add(self, result: PoseResult) -> None:
        """Append the persons of an image.

        Raises:
            InputError: The disk is full; the file stays as it was before.
        """
        start = self._file.tell()
        records = [*rows(result)]
        if start == 0:
            records.insert(0, columns(result.keypoint_names))
        rest = csv_lines(records).encode('utf-8', 'backslashreplace')
        try:
            while rest:
                rest = rest[self._file.write(rest):]
        except OSError as error:
            self._file.truncate(start)
            raise unwritable(self._path, error) from error

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
        self.path = path
        self._writer = cv2.VideoWriter(
            opencv_path(path), cv2.VideoWriter.fourcc(*VIDEO_CODEC), fps, size)
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
        """Finish the file; raise InputError where that failed.

        OpenCV itself says nothing of a full disk.
        """
        self._writer.release()
        whole = cv2.VideoCapture(opencv_path(self.path))
        if not whole.isOpened():
            raise InputError(f'{self.path}: could not be finished; is the disk '
                             'full?')
        whole.release()


class PredictionWriter:
    """Writes the results of a source into a folder as they come.

    - ``predictions.json``: COCO's list of results, each with ``file_name`` or
      ``frame``, and ``track_id`` where people are tracked.
    - ``predictions.csv``: the same as a table, where it is asked for.
    - ``images.json``: of every image its id, name and size, and why it could
      not be read if so.
    - ``drawn/``: the images with their skeletons, or ``drawn.mp4``.

    Args:
        folder (str | Path): The folder; made where it does not exist.
        source (ImageSource | VideoSource): Where the images come from.
        style (DrawingStyle | None): How people are drawn.
        formats (Collection[str]): What to write, some of ``FORMATS``.

    Attributes:
        drawn (Path): The folder or the video with the skeletons.
        problems (list[str]): One line for each image that could not be read,
            or not be drawn.
        num_images (int): Images that were read.
        num_persons (int): Persons in them.

    Raises:
        InputError: The folder or a file in it cannot be written, another run
            writes to it, or the input lies where the drawn images go.
    """

    def __init__(self, folder: str | Path, source: ImageSource | VideoSource,
                 style: DrawingStyle | None = None,
                 formats: Collection[str] = ('coco', 'drawn')) -> None:
        self.folder = Path(folder)
        self.style = style or DrawingStyle()
        self.formats = formats
        self.fps = source.fps
        is_video = self.fps is not None
        self.drawn = self.folder / ('drawn.mp4' if is_video else 'drawn')
        self.predictions_file = self.folder / 'predictions.json'
        self.table_file = self.folder / 'predictions.csv'
        drawing = 'drawn' in formats
        if drawing and is_video:
            opencv_path(self.drawn)  # raises where OpenCV cannot write there
        try:
            if drawing and _overwrites(self.drawn, source.paths):
                raise InputError(f'{self.drawn}: the input would be overwritten; '
                                 'name another folder with --out')
            folder = self.folder if is_video or not drawing else self.drawn
            folder.mkdir(parents=True, exist_ok=True)
            # Any run into the folder writes it, so that its lock comes first.
            self._images = JsonList(self.folder / 'images.json')
            self._predictions = (
                JsonList(self.predictions_file) if 'coco' in formats else None)
            self._table = (CsvTable(self.table_file)
                           if 'csv' in formats else None)
        except ValueError as error:
            raise InputError(f'--out {folder}: no name of a folder ({error})'
                             ) from error
        except OSError as error:
            raise unwritable(self.folder, error) from error
        self._video: DrawnVideo | None = None
        self.problems: list[str] = []
        self.num_images = 0
        self.num_persons = 0

    def add(self, result: PoseResult, drawn: np.ndarray | None = None) -> None:
        """Write the persons of an image, or why it could not be read.

        Args:
            result (PoseResult): The persons.
            drawn (np.ndarray | None): The image with them where it is drawn
                already.

        Raises:
            InputError: The disk is full, or no longer there.
        """
        frame = result.frame
        if result.problem is not None:
            self._images.extend(
                [dict(id=frame.image_id, **frame.name, problem=result.problem)])
            self.problems.append(f'not read: {result.problem}')
            return
        if self._predictions is not None:
            self._predictions.extend(result.to_coco())
        if self._table is not None:
            self._table.add(result)
        width, height = result.size
        self._images.extend(
            [dict(id=frame.image_id, **frame.name, width=width, height=height)])
        self.num_images += 1
        self.num_persons += len(result)
        if 'drawn' in self.formats:
            self._draw(result, result.draw(**self.style._asdict())
                       if drawn is None else drawn)

    def _draw(self, result: PoseResult, image: np.ndarray) -> None:
        """Write the drawn image, or a frame of the drawn video."""
        frame = result.frame
        if self.fps is None:
            name = frame.name.get('file_name', f'{frame.image_id}.png')
            self._write_image(self.drawn / name, image)
        else:
            if self._video is None:
                self._video = DrawnVideo(self.drawn, self.fps, result.size)
            self._video.add(image, frame.seconds)

    def _write_image(self, path: Path, image: np.ndarray) -> None:
        """Write an image; one that cannot be written does not end the run."""
        content = encode_image(image, path.suffix)
        if content is None:
            path = path.with_name(f'{path.name}.png')
            content = encode_image(image, '.png')
        try:
            if content is None:
                raise OSError(errno.EFBIG, 'no format holds an image so large')
            replace_file(path, content)
        except OSError as error:
            if error.errno in FATAL:
                raise unwritable(path, error) from error
            self.problems.append(f'not drawn: {path}: {error.strerror}')

    def close(self) -> None:
        """Finish all files.

        Raises:
            InputError: The video could not be finished.
        """
        for file in self._predictions, self._images, self._table:
            if file is not None:
                file.close()
        if self._video is not None:
            self._video.close()

    def __enter__(self) -> PredictionWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        """Finish all files, whatever happened."""
        try:
            self.close()
        except InputError:
            # What went wrong before says more.
            if error is None:
                raise


def _overwrites(drawn: Path, inputs: list[Path]) -> bool:
    """Say whether drawings would go where the inputs are."""
    real = [os.path.realpath(path) for path in inputs]
    return os.path.realpath(drawn) in {*real, *map(os.path.dirname, real)}


def replace_file(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all; a link is replaced.

    Raises:
        OSError: It cannot be written; what was there before stays.
    """
    part = path.parent / PART
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def encode_image(image: np.ndarray, suffix: str) -> bytes | None:
    """Encode an image (H, W, 3), BGR, uint8; None where its kind cannot hold it."""
    if suffix.lower() not in WRITABLE:
        return None
    try:
        written, content = cv2.imencode(
            suffix, image, [cv2.IMWRITE_JPEG_QUALITY, 95])
    except cv2.error:
        return None
    return content.tobytes() if written else None
