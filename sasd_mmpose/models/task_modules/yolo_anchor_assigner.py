"""Label assignment by anchor shape, as in YOLOv5 (paper, section III-B)."""
from __future__ import annotations

from typing import NamedTuple

import torch
from mmpose.registry import TASK_UTILS
from torch import Tensor


class LevelAssignment(NamedTuple):
    """Which ground truth each positive of one level predicts.

    Attributes:
        gt (Tensor): Index of the ground truth, long, shape (M, ).
        anchor (Tensor): Index of the anchor shape, long, shape (M, ).
        row (Tensor): Row of the cell, long, shape (M, ).
        col (Tensor): Column of the cell, long, shape (M, ).
    """
    gt: Tensor
    anchor: Tensor
    row: Tensor
    col: Tensor


@TASK_UTILS.register_module()
class YOLOAnchorAssigner:
    """Match boxes with anchors by their shape, and with up to three cells.

    An anchor takes a box where neither their widths nor their heights differ
    by a factor of ``ratio_thr`` or more, on any number of levels. The
    positives are the cell that holds the centre of the box and those of its
    left, upper, right and lower neighbours that lie within
    ``neighbor_margin`` of the centre: two of them, away from the border.

    Args:
        ratio_thr (float): Bound on the ratio of sides. A side is decoded to
            at most four times the anchor's, so 4 is the largest that helps.
        neighbor_margin (float): Distance to a cell's edge, in cells, below
            which the neighbour beyond it is positive too; at most 0.5.
    """

    def __init__(self, ratio_thr: float = 4.0, neighbor_margin: float = 0.5) -> None:
        self.ratio_thr = ratio_thr
        self.neighbor_margin = neighbor_margin

    def __call__(self, boxes: Tensor, anchors: Tensor,
                 grid_size: tuple[int, int]) -> LevelAssignment:
        """Assign the boxes of a batch to the cells of one level.

        Args:
            boxes (Tensor): Centre and size (cx, cy, w, h) of the boxes, in
                grid cells of this level, shape (n, 4).
            anchors (Tensor): Anchor shapes in grid cells, shape (A, 2).
            grid_size (tuple[int, int]): Rows and columns of the level.

        Returns:
            LevelAssignment: Indices of the M positives. A cell and anchor
            may stand in it several times, with different ground truths.
        """
        anchor, gt = self._match_shapes(boxes[:, 2:], anchors)
        positive, cells = self._nearby_cells(boxes[gt, :2], grid_size)
        return LevelAssignment(
            gt=gt[positive],
            anchor=anchor[positive],
            row=cells[:, 1],
            col=cells[:, 0])

    def _match_shapes(self, sizes: Tensor, anchors: Tensor) -> tuple[Tensor, Tensor]:
        """Find the pairs of anchor and box of like shape.

        Args:
            sizes (Tensor): Width and height of boxes in cells, shape (n, 2).
            anchors (Tensor): Anchor shapes in cells, shape (A, 2).

        Returns:
            tuple[Tensor, Tensor]: Anchor and box of each pair, shape (m, ).
        """
        ratio = sizes[None] / anchors[:, None]  # (A, n, 2)
        # A box without width or height has an infinite ratio: no match.
        worst = torch.maximum(ratio, 1 / ratio).amax(dim=2)
        return torch.nonzero(worst < self.ratio_thr, as_tuple=True)

    def _nearby_cells(self, centers: Tensor,
                      grid_size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """List the own cell and the near neighbours of each centre.

        Args:
            centers (Tensor): Centres in cells, shape (m, 2).
            grid_size (tuple[int, int]): Rows and columns of the level.

        Returns:
            tuple[Tensor, Tensor]: Index into ``centers`` of each positive,
            shape (M, ), and the column and row of its cell, long, shape
            (M, 2).
        """
        margin = self.neighbor_margin
        extent = centers.new_tensor(grid_size[::-1])
        from_end = extent - centers
        left, up = ((centers % 1 < margin) & (centers > 1)).T
        right, down = ((from_end % 1 < margin) & (from_end > 1)).T
        own = torch.ones_like(left)
        chosen = torch.stack([own, left, up, right, down])
        steps = centers.new_tensor([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]]) * margin
        which, index = torch.nonzero(chosen, as_tuple=True)
        cells = (centers[index] - steps[which]).long()
        cells = cells.clamp(min=0).minimum(extent.long() - 1)
        # A centre on the edge of a cell or outside the grid has a neighbour
        # that is rounded to its own cell, which counts once.
        own_cells = cells[:len(centers)]
        distinct = (which == 0) | (cells != own_cells[index]).any(dim=1)
        return index[distinct], cells[distinct]
