"""From raw maps to people in numpy: what a device runs after the net.

The rules are those of MMPose's ``AssociativeEmbedding``, which decodes the same
maps in testing; this is its counterpart without torch, for a fair time. They can
differ where several assignments cost the same, as when a candidate's tag is less
than half a unit from those of two people: MMPose takes the one that its solver
meets first; here, the higher peak gets the nearer person, or the one that was found
earlier. Of candidates with exactly the same tag MMPose keeps one.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment


class Candidates(NamedTuple):
    """Peaks of the heatmap of one keypoint, best first.

    Attributes:
        cells (np.ndarray): Column and row, int, shape (m, 2).
        scores (np.ndarray): Height of the peak, shape (m, ).
        tags (np.ndarray): Shape (m, ).
    """
    cells: np.ndarray
    scores: np.ndarray
    tags: np.ndarray


class Group(NamedTuple):
    """Candidates that belong to one person, by number of keypoint."""
    cells: dict[int, np.ndarray]
    scores: dict[int, float]
    tags: list[float]

    def mean_tag(self) -> float:
        """The tag that stands for the person."""
        return sum(self.tags) / len(self.tags)


class Grouper:
    """Finds people in the maps of a multi-resolution head.

    Args:
        keypoint_order (Sequence[int]): The K keypoints in the order in which
            they are grouped.
        keypoint_thr (float): Peaks at or below it are left out.
        tag_thr (float): Candidates whose tag is farther from a person's do
            not belong to it.
        topk (int): So many peaks of each keypoint at most.
        max_people (int): So many people at most.
        nms_kernel (int): Side of the window that a peak is the highest of, in
            cells of the maps that are grouped.
        full_size (bool): Whether maps are resized to the input before, as in
            testing. Otherwise they are grouped at their finest resolution: a
            quarter of the work or less, and a little less accurate.
    """

    def __init__(self,
                 keypoint_order: Sequence[int],
                 keypoint_thr: float = 0.1,
                 tag_thr: float = 1.0,
                 topk: int = 30,
                 max_people: int = 30,
                 nms_kernel: int = 5,
                 full_size: bool = True) -> None:
        self.keypoint_order = list(keypoint_order)
        self.keypoint_thr = keypoint_thr
        self.tag_thr = tag_thr
        self.topk = topk
        self.max_people = max_people
        self.window = np.ones((nms_kernel, nms_kernel), np.uint8)
        self.full_size = full_size

    def __call__(self, maps: Sequence[np.ndarray], size: Sequence[int]
                 ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Find the people of one image.

        Args:
            maps (Sequence[np.ndarray]): The head's output, float32: ``(2 K, h,
                w)`` heatmaps and tags, then ``(K, h, w)`` of finer levels.
            size (Sequence[int]): Width and height of the input in pixels.

        Returns:
            tuple[np.ndarray, np.ndarray, np.ndarray]: Keypoints ``(n, K, 2)``
            in pixels of the input, their scores ``(n, K)`` and those of the
            people ``(n, )``, most certain first.
        """
        heatmaps, tags = self._merged(maps, tuple(size))
        groups = self._group([
            self._peaks(heatmap, tag) for heatmap, tag in zip(heatmaps, tags)
        ])
        shape = len(groups), len(self.keypoint_order)
        cells = np.zeros((*shape, 2), int)
        scores = np.zeros(shape, np.float32)
        for index, group in enumerate(groups):
            for keypoint, cell in group.cells.items():
                cells[index, keypoint] = cell
                scores[index, keypoint] = group.scores[keypoint]
        people = scores.mean(axis=1)
        points = np.where(scores[..., None] > 0,
                          cells + _quarter_steps(heatmaps, cells) + 0.5, 0)
        for index, group in enumerate(groups):
            self._fill_missing(points[index], scores[index],
                               group.mean_tag(), heatmaps, tags)
        best = np.argsort(-people, kind='stable')
        pixels = np.array(size) / heatmaps.shape[:0:-1]
        return points[best] * pixels, scores[best], people[best]

    def _merged(self, maps: Sequence[np.ndarray],
                size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Average the levels: heatmaps and tags, each ``(K, h, w)``."""
        number = len(self.keypoint_order)
        finest = maps[-1].shape[:0:-1]
        heatmaps = sum(
            _resized(level[:number], finest) for level in maps) / len(maps)
        tags = _resized(maps[0][number:], finest)
        if not self.full_size:
            return heatmaps, tags
        return _resized(heatmaps, size), _resized(tags, size)

    def _peaks(self, heatmap: np.ndarray, tags: np.ndarray) -> Candidates:
        """Find the highest peaks of one keypoint's maps ``(h, w)``."""
        highest = cv2.dilate(heatmap, self.window).ravel()
        scores = heatmap.ravel()
        found = np.flatnonzero(scores > self.keypoint_thr)
        found = found[scores[found] == highest[found]]
        found = found[np.argsort(-scores[found], kind='stable')[:self.topk]]
        rows, columns = np.divmod(found, heatmap.shape[1])
        return Candidates(np.stack([columns, rows], axis=1), scores[found],
                          tags.ravel()[found])

    def _group(self, candidates: Sequence[Candidates]) -> list[Group]:
        """Give each candidate to a person, or make it a new one."""
        groups: list[Group] = []
        for keypoint in self.keypoint_order:
            found = candidates[keypoint]
            means = np.array([group.mean_tag() for group in groups])
            distances = np.abs(found.tags[:, None] - means)
            # Whole steps of the tag first, then the highest peaks. Among equals,
            # the higher peak gets the nearer person, then the one found earlier.
            steps, heights = np.round(distances), found.scores[:, None]
            costs = (100 * steps - heights
                     + heights * (1e-4 * steps + 1e-7 * np.arange(len(groups))))
            owners = dict(zip(*linear_sum_assignment(costs)))
            for index, (cell, score, tag) in enumerate(zip(*found)):
                owner = owners.get(index)
                if owner is None or distances[index, owner] >= self.tag_thr:
                    groups.append(Group({}, {}, []))
                    owner = -1
                groups[owner].cells[keypoint] = cell
                groups[owner].scores[keypoint] = score
                groups[owner].tags.append(float(tag))
        return groups[:self.max_people]

    @staticmethod
    def _fill_missing(points: np.ndarray, scores: np.ndarray, tag: float,
                      heatmaps: np.ndarray, tags: np.ndarray) -> None:
        """Take the best cell of the person's tag for what has no peak.

        Args:
            points (np.ndarray): Of one person, in cells, ``(K, 2)``; changed.
            scores (np.ndarray): Of the same, ``(K, )``; changed.
            tag (float): Of the same.
            heatmaps (np.ndarray): ``(K, h, w)``.
            tags (np.ndarray): ``(K, h, w)``.
        """
        for keypoint in np.flatnonzero(scores == 0):
            steps = np.abs(tags[keypoint] - np.float32(tag))
            np.rint(steps, out=steps)
            nearest = np.where(
                steps == steps.min(), heatmaps[keypoint], -np.inf)
            row, column = divmod(nearest.argmax(), steps.shape[1])
            points[keypoint] = column, row
            scores[keypoint] = heatmaps[keypoint, row, column]


def _resized(maps: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Resize maps ``(K, h, w)`` to (width, height), cells to cells."""
    if maps.shape[:0:-1] == tuple(size):
        return maps
    width, height = size
    resized = np.empty((len(maps), height, width), np.float32)
    for level, target in zip(maps, resized):
        cv2.resize(level, (width, height), dst=target,
                   interpolation=cv2.INTER_LINEAR)
    return resized


def _quarter_steps(heatmaps: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return the step of +-0.25 to the higher neighbour on each axis.

    Args:
        heatmaps (np.ndarray): ``(K, h, w)``.
        cells (np.ndarray): Column and row, ``(n, K, 2)``.

    Returns:
        np.ndarray: ``(n, K, 2)``; 0 at the border, as MMPose has it.
    """
    _, height, width = heatmaps.shape
    x, y = cells[..., 0], cells[..., 1]
    keypoint = np.arange(len(heatmaps))
    inner_x = (x > 1) & (x < width - 1) & (y > 0)
    inner_y = (y > 1) & (y < height - 1) & (x > 0)
    right, left = np.minimum(x + 1, width - 1), np.maximum(x - 1, 0)
    below, above = np.minimum(y + 1, height - 1), np.maximum(y - 1, 0)
    slope_x = heatmaps[keypoint, y, right] - heatmaps[keypoint, y, left]
    slope_y = heatmaps[keypoint, below, x] - heatmaps[keypoint, above, x]
    return np.stack([np.sign(slope_x) * inner_x, np.sign(slope_y) * inner_y],
                    axis=-1) / 4
