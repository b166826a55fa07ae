"""How far keypoints are off, where OKS no longer tells."""
from __future__ import annotations

import torch
import torch.nn as nn
from mmpose.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class KeypointDistanceLoss(nn.Module):
    """Distance of keypoints to their labels, relative to the person's size.

    .. math::
        L_D = \\frac{1}{|V|} \\sum_{i \\in V} \\frac{\\|o_i - g_i\\|}{s},
        \\qquad s = \\sqrt{w h},

    over the labelled keypoints V of a person, with w and h of the labelled
    box. The paper does not have it. The gradient of OKS (Eq. 4) vanishes a
    few sigmas from the target, where that of a distance does not: with both,
    a net from scratch learns in a third of the steps
    (``docs/paper_notes.md``).

    Args:
        loss_weight (float): Factor of the loss.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

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
            Tensor: Shape (M, ); 0 for a person without a labelled keypoint.
        """
        distance = torch.linalg.vector_norm(output - target, dim=-1)
        error = (distance * visible).sum(dim=1)
        error = error / visible.sum(dim=1).clamp(min=1)
        scale = sizes.prod(dim=1).sqrt().clamp(min=1e-6)
        return error / scale * self.loss_weight
