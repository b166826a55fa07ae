"""Anchors find the clusters of made-up boxes; recall counts matches."""
from __future__ import annotations

import numpy as np
import pytest

from sasd_mmpose.datasets.anchors import (
    evaluate_anchors,
    fit_anchors,
    letterboxed_sizes,
)

CENTERS = np.array([[12, 30], [40, 25], [50, 120], [150, 90], [160, 320],
                    [400, 380]])


def clusters(number=200, spread=0.03, seed=0):
    rng = np.random.default_rng(seed)
    return np.concatenate([
        center * rng.normal(1, spread, (number, 2)) for center in CENTERS])


def test_fit_finds_the_clusters():
    sizes = clusters()
    fit = fit_anchors(sizes, num_levels=3, anchors_per_level=2,
                      generations=200)
    assert fit.anchors.shape == (3, 2, 2)
    assert fit.num_boxes == len(sizes)
    assert fit.recall == 1.0
    areas = fit.anchors.reshape(-1, 2).prod(axis=1)
    assert (np.diff(areas) > 0).all()
    by_area = CENTERS[CENTERS.prod(axis=1).argsort()]
    np.testing.assert_allclose(
        fit.anchors.reshape(-1, 2), by_area, rtol=0.05)


def test_mutations_only_improve():
    rng = np.random.default_rng(3)
    sizes = np.exp(rng.normal(4, 0.8, (400, 2)))
    plain, evolved = (
        fit_anchors(sizes, generations=n) for n in (0, 300))

    def fitness(anchors):
        ratio = sizes[:, None] / anchors.reshape(-1, 2)
        best = np.minimum(ratio, 1 / ratio).min(axis=2).max(axis=1)
        return (best * (best > 0.25)).mean()

    assert fitness(evolved.anchors) > fitness(plain.anchors)


def test_the_same_seed_gives_the_same_anchors():
    sizes = clusters(30, spread=0.3)
    first, second, other = (
        fit_anchors(sizes, generations=20, seed=seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.anchors, second.anchors)
    assert np.abs(first.anchors - other.anchors).max() > 0


def test_tiny_boxes_are_left_out():
    sizes = np.concatenate([clusters(30), np.full((50, 2), 1.5)])
    fit = fit_anchors(sizes, 3, 2, generations=0)
    assert fit.num_boxes == len(sizes) - 50


@pytest.mark.parametrize('sizes', [
    np.zeros((0, 2)), np.ones((5, 2)) * 20, np.ones((100, 2)) * 20])
def test_too_few_or_too_like_boxes(sizes):
    with pytest.raises(ValueError, match=f'{len(sizes)} boxes are too few'):
        fit_anchors(sizes)


@pytest.mark.parametrize('ratio_thr', [4.0, 2.0])
def test_recall_is_a_count(ratio_thr):
    rng = np.random.default_rng(1)
    sizes = np.exp(rng.normal(4, 1.5, (500, 2)))
    anchors = np.exp(rng.normal(4, 1, (3, 3, 2)))
    found, matches = 0, 0
    for w, h in sizes:
        matching = 0
        for a, b in anchors.reshape(-1, 2):
            matching += max(w / a, a / w, h / b, b / h) < ratio_thr
        found += matching > 0
        matches += matching
    recall, mean_matches = evaluate_anchors(sizes, anchors, ratio_thr)
    assert 0.1 < recall < 1
    assert recall == pytest.approx(found / 500)
    assert mean_matches == pytest.approx(matches / 500)


def test_boxes_shrink_as_their_images_do():
    sizes = letterboxed_sizes(
        [np.array([[10, 20, 110, 220]]), np.zeros((0, 4)),
         np.array([[0, 0, 8, 8], [1, 1, 5, 9]])],
        [(1000, 500), (30, 30), (16, 32)], (128, 64))
    np.testing.assert_allclose(
        sizes, [[12.8, 25.6], [16, 16], [8, 16]])
    assert letterboxed_sizes([], [], (64, 64)).shape == (0, 2)
