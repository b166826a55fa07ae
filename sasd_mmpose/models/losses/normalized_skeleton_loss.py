"""Normalized skeleton loss (paper, Eq. 5)."""
from __future__ import annotations

import torch
import torch.nn as nn
from mmpose.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class NormalizedSkeletonLoss(nn.Module):
    """Difference of bone lengths, relative to the size of the person.

    For the bones (i, j) of a person that have both ends labelled,

    .. math::
        L_{SK} = \\frac{1}{|B|} \\sum_{(i, j) \\in B}
        \\frac{\\bigl| \\|o_i - o_j\\| - \\|g_i - g_j\\| \\bigr|}{s},
        \\qquad s = \\sqrt{w h},

    with w and h of the labelled box. The paper sums over the bones; the sum
    outweighs every other loss and keeps a net from learning at all (see
    ``docs/paper_notes.md``), so the mean is taken.

    Args:
        skeleton (list[tuple[int, int]] | None): The bones, as pairs of
            keypoint indices. None leaves them to :meth:`set_skeleton`.
        normalize (bool): Divide by the person's size. The paper's Table V
            compares with the loss without it, in the unit of the input.
        loss_weight (float): Beta of Eq. 6.
    """

    def __init__(self,
                 skeleton: list[tuple[int, int]] | None = None,
                 normalize: bool = True,
                 loss_weight: float = 0.1) -> None:
        super().__init__()
        self.normalize = normalize
        self.loss_weight = loss_weight
        self.set_skeleton(skeleton or [])

    def set_skeleton(self, skeleton: list[tuple[int, int]]) -> None:
        """Set the bones, usually ``skeleton_links`` of a data set."""
        bones = torch.tensor(skeleton, dtype=torch.long).reshape(-1, 2)
        self.register_buffer('bones', bones, persistent=False)

    def forward(self, output: Tensor, target: Tensor, visible: Tensor,
                sizes: Tensor) -> Tensor:
        """Compute the loss of each person.

        Args:
            output (Tensor): Predicted keypoints, shape (M, K, 2).
            target (Tensor): Labelled keypoints, in the same unit, shape
                (M, K, 2).
            visible (Tensor): 1 for a labelled keypoint, else 0, shape (M, K).
            sizes (Tensor): Width and height of the persons' boxes, in the
                same unit, shape (M, 2).

        Returns:
            Tensor: Shape (M, ); 0 for a person without a complete bone.
        """
        start, end = self.bones.T
        weight = visible[:, start] * visible[:, end]
        length = torch.linalg.vector_norm(output[:, start] - output[:, end], dim=-1)
        target_length = torch.linalg.vector_norm(
            target[:, start] - target[:, end], dim=-1)
        error = ((length - target_length).abs() * weight).sum(dim=1)
        error = error / weight.sum(dim=1).clamp(min=1)
        if self.normalize:
            error = error / sizes.prod(dim=1).sqrt().clamp(min=1e-6)
        return error * self.loss_weight
