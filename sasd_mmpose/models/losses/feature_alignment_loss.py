"""Distance between the features of the twins (paper, Eq. 1)."""
from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn as nn
from mmpose.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class FeatureAlignmentLoss(nn.Module):
    """Pull the features of the student towards those of the teacher.

    The paper writes an L2 norm and does not say over what it is taken. The
    norm of a whole map grows with its size and, at the paper's weight,
    outweighs all other losses; the mean square is in proportion with them.

    Args:
        distance (str): ``'mse'`` for the mean square over the map, or
            ``'l2'`` for the norm over each image's map, averaged over the
            images.
        detach_teacher (bool): Whether the teacher stays what it is; if not,
            it is pulled towards the student as well.
        loss_weight (float): Gamma of Eq. 6.
    """

    def __init__(self,
                 distance: str = 'mse',
                 detach_teacher: bool = True,
                 loss_weight: float = 0.02) -> None:
        super().__init__()
        distances = dict(mse=self._mean_square, l2=self._norm)
        if distance not in distances:
            raise ValueError(f'distance must be one of {sorted(distances)}, '
                             f'but got {distance!r}')
        self.distance = distances[distance]
        self.detach_teacher = detach_teacher
        self.loss_weight = loss_weight

    @staticmethod
    def _mean_square(difference: Tensor) -> Tensor:
        return difference.square().mean()

    @staticmethod
    def _norm(difference: Tensor) -> Tensor:
        return torch.linalg.vector_norm(difference.flatten(1), dim=1).mean()

    def forward(self, student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
        """Sum the distances over the levels.

        Args:
            student (Sequence[Tensor]): Levels :math:`P_i`, each of shape
                (N, C, H_i, W_i).
            teacher (Sequence[Tensor]): Levels that stand for
                :math:`P'_{i+1}`, of the same shapes.

        Returns:
            Tensor: A scalar, in fp32.
        """
        if self.detach_teacher:
            teacher = [q.detach() for q in teacher]
        total = sum(
            self.distance(p.float() - q.float())
            for p, q in zip(student, teacher))
        return total * self.loss_weight
