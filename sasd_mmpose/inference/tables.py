"""People as rows of a table, and as what other packages take."""
from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    from .pose_result import PoseResult


def columns(keypoint_names: Sequence[str]) -> list[str]:
    """Return the columns of :func:`rows`, in order."""
    points = [f'{name}_{value}' for name in keypoint_names
              for value in ('x', 'y', 'score')]
    return ['image_id', 'file_name', 'frame', 'identity', 'score',
            'x1', 'y1', 'x2', 'y2', *points]


def rows(result: PoseResult) -> Iterator[list[Any]]:
    """Yield the persons of an image as rows; see :func:`columns`.

    Coordinates are in pixels of the image, to a thousandth; what an image does
    not have, such as a frame, is None.
    """
    name = result.frame.name
    for person in result:
        triples = np.column_stack([person.keypoints, person.keypoint_scores])
        yield [result.frame.image_id, name.get('file_name'), name.get('frame'),
               person.identity, round(float(person.score), 5),
               *(round(v, 3) for v in person.box.tolist()),
               *(round(v, 3) for v in triples.ravel().tolist())]


def csv_lines(records: Iterable[Sequence[Any]]) -> str:
    """Return records as lines of csv."""
    text = io.StringIO()
    csv.writer(text, lineterminator='\n').writerows(records)
    return text.getvalue()


class Exports:
    """What results of one image and of several have in common."""

    def _results(self) -> Sequence[PoseResult]:
        raise NotImplementedError

    def _keypoint_names(self) -> Sequence[str]:
        return next((r.keypoint_names for r in self._results()), ())

    def to_coco(self) -> list[dict[str, Any]]:
        """Return the persons in COCO's format of results.

        Returns:
            list[dict]: Per person ``image_id``, ``file_name`` or ``frame``, and
            what :meth:`Person.to_coco` returns.
        """
        return [dict(image_id=result.frame.image_id, **result.frame.name,
                     **person.to_coco())
                for result in self._results() for person in result]

    @overload
    def to_csv(self, path: None = None) -> str: ...

    @overload
    def to_csv(self, path: str | Path) -> None: ...

    def to_csv(self, path: str | Path | None = None) -> str | None:
        """Return a table as csv, one row per person, or write it.

        Args:
            path (str | Path | None): The file to write; None returns the text.

        Raises:
            InputError: The file cannot be written.
        """
        text = csv_lines([columns(self._keypoint_names()), *self._rows()])
        if path is None:
            return text
        try:
            Path(path).write_text(text, encoding='utf-8', errors='backslashreplace')
        except OSError as error:
            raise InputError(f'{path}: cannot be written ({error.strerror})') from error
        return None

    def to_dataframe(self) -> Any:
        """Return a ``pandas.DataFrame``, one row per person.

        Raises:
            InputError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise InputError('to_dataframe needs pandas: pip install pandas') from error
        return pandas.DataFrame(
            list(self._rows()), columns=columns(self._keypoint_names()))

    def _rows(self) -> Iterator[list[Any]]:
        for result in self._results():
            yield from rows(result)


def to_supervision(result: PoseResult) -> Any:
    """Return the persons as ``supervision.KeyPoints``; see there."""
    try:
        import supervision
    except ImportError as error:
        raise InputError('to_supervision needs supervision: pip install '
                         'supervision') from error
    if not len(result):
        return supervision.KeyPoints.empty()
    points = np.stack([p.keypoints for p in result]).astype(np.float32)
    scores = np.stack([p.keypoint_scores for p in result]).astype(np.float32)
    data: dict[str, Any] = dict(
        box=np.stack([p.box for p in result]).astype(np.float32),
        score=np.array([p.score for p in result], np.float32))
    if any(p.identity is not None for p in result):
        # As supervision has it: -1 is nobody.
        data['tracker_id'] = np.array(
            [-1 if p.identity is None else p.identity for p in result])
    # Older versions have one kind of confidence only: that of the keypoints.
    known = supervision.KeyPoints.__dataclass_fields__
    confidence = (
        dict(keypoint_confidence=scores, detection_confidence=data['score'])
        if 'detection_confidence' in known else dict(confidence=scores))
    return supervision.KeyPoints(
        xy=points, class_id=np.zeros(len(points), int), data=data, **confidence)
