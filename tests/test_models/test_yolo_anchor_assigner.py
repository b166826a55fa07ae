"""The assigner against a plain re-statement of YOLOv5's rule."""
from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from sasd_mmpose.models import YOLOAnchorAssigner

ANCHORS = np.float32([[1.2, 2.5], [3, 3], [4.75, 8]])
GRIDS = [(8, 12), (16, 16), (1, 1), (2, 3)]


def plain_rule(boxes, anchors, rows, cols, ratio_thr=4.0, margin=0.5):
    """Loop over boxes, anchors and neighbours; return (gt, anchor, row, col).

    All numbers are of numpy's float32, as the assigner's are.
    """
    found = set()
    for gt, (x, y, w, h) in enumerate(boxes):
        for anchor, (aw, ah) in enumerate(anchors):
            if w <= 0 or h <= 0:
                continue
            if max(w / aw, aw / w, h / ah, ah / h) >= ratio_thr:
                continue
            shifts = [(0.0, 0.0)]
            if x % 1 < margin and x > 1:
                shifts.append((margin, 0.0))
            if y % 1 < margin and y > 1:
                shifts.append((0.0, margin))
            if (cols - x) % 1 < margin and cols - x > 1:
                shifts.append((-margin, 0.0))
            if (rows - y) % 1 < margin and rows - y > 1:
                shifts.append((0.0, -margin))
            for dx, dy in shifts:
                col = min(max(math.floor(x - np.float32(dx)), 0), cols - 1)
                row = min(max(math.floor(y - np.float32(dy)), 0), rows - 1)
                found.add((gt, anchor, row, col))
    return found


def random_boxes(rng, rows, cols, number):
    """Boxes about as large as the anchors, everywhere and on every edge."""
    centers = rng.uniform(-0.2, 1.2, (number, 2)) * (cols, rows)
    inside = rng.uniform(0, 1, (number, 2)) * (cols, rows)
    kind = rng.integers(0, 6, number)[:, None]
    centers = np.select(
        [kind == 0, kind == 1, kind == 2, kind == 3],
        [centers,                                   # some outside the grid
         np.round(inside),                          # on the edges of cells
         np.floor(inside) + 0.5,                    # at exact halves
         rng.choice([0, 1, rows, cols], (number, 2))],  # on the border
        inside)
    sizes = np.exp(rng.uniform(np.log(0.2), np.log(40), (number, 2)))
    sizes[rng.random(number) < 0.05] *= [0, 1]
    sizes[rng.random(number) < 0.05] *= [1, 0]
    return np.concatenate([centers, sizes], axis=1).astype(np.float32)


def assign(boxes, rows, cols, **kwargs):
    """Run the assigner; return its positives as a list of tuples."""
    found = YOLOAnchorAssigner(**kwargs)(
        torch.from_numpy(boxes), torch.from_numpy(ANCHORS), (rows, cols))
    assert all(index.dtype == torch.long for index in found)
    return [tuple(row) for row in torch.stack(found, dim=1).tolist()]


@pytest.mark.parametrize('rows, cols', GRIDS)
def test_equals_the_plain_rule(rows, cols):
    boxes = random_boxes(np.random.default_rng(rows), rows, cols, 2500)
    found = assign(boxes, rows, cols)
    wanted = plain_rule(boxes, ANCHORS, rows, cols)
    assert set(found) == wanted
    assert len(wanted) > 1500


@pytest.mark.parametrize('rows, cols', GRIDS)
def test_no_positive_is_listed_twice(rows, cols):
    """Rounding on an edge gives the own cell again; it must count once."""
    boxes = random_boxes(np.random.default_rng(rows), rows, cols, 2500)
    found = assign(boxes, rows, cols)
    assert len(found) == len(set(found))


def test_other_bounds():
    boxes = random_boxes(np.random.default_rng(1), 8, 12, 1500)
    found = assign(boxes, 8, 12, ratio_thr=2.5, neighbor_margin=0.25)
    wanted = plain_rule(boxes, ANCHORS, 8, 12, 2.5, 0.25)
    assert set(found) == wanted
    assert wanted < plain_rule(boxes, ANCHORS, 8, 12)


def test_ratio_is_an_open_bound():
    anchors = torch.tensor([[2., 2.]])
    sizes = torch.tensor([[8., 2.], [7.99, 2.], [0.5, 2.], [0.51, 2.],
                          [2., 8.], [2., 0.5], [0., 2.], [2., 0.]])
    boxes = torch.cat([torch.full((8, 2), 2.5), sizes], dim=1)
    found = YOLOAnchorAssigner()(boxes, anchors, (5, 5))
    assert found.gt.tolist() == [1, 3]


def test_away_from_the_border_there_are_three_cells():
    boxes = np.float32([[5.3, 5.8, 3, 3]])
    cells = {(row, col) for _, _, row, col in assign(boxes, 12, 12)}
    assert cells == {(5, 5), (5, 4), (6, 5)}


def test_no_boxes():
    assert assign(np.zeros((0, 4), np.float32), 4, 4) == []
