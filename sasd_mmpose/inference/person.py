"""A person that was found in an image."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Person(NamedTuple):
    """A person that was found, in pixels of the image.

    Attributes:
        box (np.ndarray): Corners (x1, y1, x2, y2), shape (4, ).
        score (float): How sure the net is that this is a person, in [0, 1].
        keypoints (np.ndarray): (x, y), shape (K, 2).
        keypoint_scores (np.ndarray): In [0, 1], shape (K, ).
        identity (int | None): Who it is, the same in all frames of a video;
            None unless people are tracked.
    """
    box: np.ndarray
    score: float
    keypoints: np.ndarray
    keypoint_scores: np.ndarray
    identity: int | None = None

    def to_coco(self) -> dict[str, Any]:
        """Return the keys of COCO's results that belong to a person.

        Returns:
            dict: ``category_id``, ``keypoints`` as a flat list of (x, y,
            score), ``bbox`` as (x, y, w, h) and ``score``; ``track_id`` where
            there is an identity.
        """
        x1, y1, x2, y2 = self.box.tolist()
        triples = np.column_stack([self.keypoints, self.keypoint_scores])
        return dict(
            category_id=1,
            keypoints=[round(v, 3) for v in triples.ravel().tolist()],
            bbox=[round(v, 2) for v in (x1, y1, x2 - x1, y2 - y1)],
            score=round(self.score, 5),
            **self._identity('track_id'))

    def to_dict(self, keypoint_names: Sequence[str]) -> dict[str, Any]:
        """Return plain Python values.

        Args:
            keypoint_names (Sequence[str]): Of the K keypoints.

        Returns:
            dict: ``score``, ``box`` as (x1, y1, x2, y2), and ``keypoints``:
            name -> (x, y, score); ``identity`` where there is one.
        """
        triples = np.column_stack([self.keypoints, self.keypoint_scores])
        return dict(
            score=float(self.score),
            box=self.box.tolist(),
            keypoints=dict(zip(keypoint_names, triples.tolist(), strict=True)),
            **self._identity('identity'))

    def _identity(self, key: str) -> dict[str, int]:
        return {} if self.identity is None else {key: self.identity}
