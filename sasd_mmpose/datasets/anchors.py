"""Anchors fitted to the persons of a data set, the way YOLOv5 fits its own."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.cluster.vq import kmeans

MIN_SIDE = 2.0  # pixels; smaller boxes say nothing about shape
MUTATION_RATE = 0.9
MUTATION_SCALE = 0.1
MUTATION_BOUNDS = (0.3, 3.0)


class AnchorFit(NamedTuple):
    """Anchors and how well they suit the boxes.

    Attributes:
        anchors (np.ndarray): Width and height in pixels of the network
            input, smallest area first, shape (L, A, 2).
        recall (float): Share of boxes that at least one anchor matches.
        matches (float): Mean number of anchors that match a box.
        num_boxes (int): Number of boxes they were fitted to.
    """
    anchors: np.ndarray
    recall: float
    matches: float
    num_boxes: int


def letterboxed_sizes(boxes: Sequence[np.ndarray],
                      image_sizes: Sequence[tuple[int, int]],
                      input_size: tuple[int, int]) -> np.ndarray:
    """Scale boxes as their images are scaled to fit the network input.

    Args:
        boxes (Sequence[np.ndarray]): Per image, corners in its own pixels,
            shape (n_i, 4).
        image_sizes (Sequence[tuple[int, int]]): Width and height of each.
        input_size (tuple[int, int]): Width and height of the network input.

    Returns:
        np.ndarray: Width and height in pixels of the network input, (n, 2).
    """
    sizes = [
        (corners[:, 2:] - corners[:, :2]) *
        min(input_size[0] / width, input_size[1] / height)
        for corners, (width, height) in zip(boxes, image_sizes, strict=True)
    ]
    return np.concatenate(sizes) if sizes else np.zeros((0, 2))


def _likeness(sizes: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """Compare shapes: the worse of both sides' ratios, in (0, 1], (n, k)."""
    ratio = sizes[:, None] / anchors[None]
    return np.minimum(ratio, 1 / ratio).min(axis=2)


def _fitness(sizes: np.ndarray, anchors: np.ndarray, threshold: float) -> float:
    """Mean likeness of the best anchor, counting those that match."""
    best = _likeness(sizes, anchors).max(axis=1)
    return float((best * (best > threshold)).mean())


def _evolve(sizes: np.ndarray, anchors: np.ndarray, threshold: float,
            generations: int, rng: np.random.Generator) -> np.ndarray:
    """Improve anchors by random mutations, keeping what is fitter."""
    fitness = _fitness(sizes, anchors, threshold)
    for _ in range(generations):
        mutate = rng.random(anchors.shape) < MUTATION_RATE
        step = rng.random() * rng.normal(size=anchors.shape) * MUTATION_SCALE
        factor = np.clip(1 + mutate * step, *MUTATION_BOUNDS)
        candidate = np.maximum(anchors * factor, MIN_SIDE)
        candidate_fitness = _fitness(sizes, candidate, threshold)
        if candidate_fitness > fitness:
            fitness, anchors = candidate_fitness, candidate
    return anchors


def evaluate_anchors(sizes: np.ndarray, anchors: np.ndarray,
                     ratio_thr: float = 4.0) -> tuple[float, float]:
    """Compute recall and mean matches of anchors of shape (..., 2)."""
    matched = _likeness(sizes, anchors.reshape(-1, 2)) > 1 / ratio_thr
    return float(matched.any(axis=1).mean()), float(matched.sum(axis=1).mean())


def fit_anchors(sizes: np.ndarray,
                num_levels: int = 3,
                anchors_per_level: int = 3,
                ratio_thr: float = 4.0,
                generations: int = 1000,
                seed: int = 0) -> AnchorFit:
    """Fit anchors by k-means and mutations.

    Args:
        sizes (np.ndarray): Width and height of the boxes in pixels of the
            network input, shape (n, 2).
        num_levels (int): Number L of levels.
        anchors_per_level (int): Number A of anchors of each.
        ratio_thr (float): Bound of the assigner on the ratio of sides.
        generations (int): Number of mutations.
        seed (int): Seed of k-means and mutations.

    Returns:
        AnchorFit: The anchors, the smallest for the finest level.

    Raises:
        ValueError: If there are fewer boxes than anchors.
    """
    sizes = sizes[(sizes >= MIN_SIDE).all(axis=1)].astype(np.float64)
    number = num_levels * anchors_per_level
    rng = np.random.default_rng(seed)
    spread = sizes.std(axis=0) if len(sizes) else np.ones(2)
    spread[spread == 0] = 1
    centers, _ = (
        kmeans(sizes / spread, number, iter=30, seed=rng)
        if len(sizes) >= number else (np.zeros((0, 2)), None))
    if len(centers) != number:
        raise ValueError(f'{len(sizes)} boxes are too few or too alike for '
                         f'{number} anchors')
    anchors = _evolve(sizes, centers * spread, 1 / ratio_thr, generations, rng)
    anchors = anchors[anchors.prod(axis=1).argsort()]
    recall, matches = evaluate_anchors(sizes, anchors, ratio_thr)
    return AnchorFit(
        anchors.reshape(num_levels, anchors_per_level, 2), recall, matches,
        len(sizes))
