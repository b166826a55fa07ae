"""Training batches at other sizes, for comparison (paper, Table III)."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch.nn as nn
import torch.nn.functional as F
from mmengine import MessageHub
from mmpose.registry import MODELS
from mmpose.utils.typing import SampleList
from torch import Tensor

from sasd_mmpose.errors import InputError


@MODELS.register_module()
class BatchRandomScale(nn.Module):
    """Resize each training batch by a gain drawn for it, labels included.

    One of ``batch_augments`` of ``PoseDataPreprocessor``. The gain follows
    from the seed of the run and the iteration alone: it is the same in all
    processes, and in a run that was resumed. (MMPose's
    ``BatchSyncRandomResize`` forgets its size when a run is resumed.)

    Args:
        scale_range (Sequence[float]): Least and largest gain; equal ones give
            a fixed size.
        size_divisor (int): The largest stride of the network: sides are
            rounded to its multiples.

    Raises:
        InputError: The range is empty or not positive.
    """

    def __init__(self,
                 scale_range: Sequence[float] = (0.5, 1.5),
                 size_divisor: int = 32) -> None:
        super().__init__()
        least, largest = scale_range
        if not 0 < least <= largest:
            raise InputError(f'scale_range={tuple(scale_range)}: must be two '
                             'positive gains, the smaller one first')
        self.scale_range = (least, largest)
        self.size_divisor = size_divisor

    def draw_gain(self) -> float:
        """Draw the gain of the current iteration."""
        hub = MessageHub.get_current_instance()
        key = [hub.get_info(name, 0) or 0 for name in ('seed', 'iter')]
        return np.random.default_rng(key).uniform(*self.scale_range)

    def forward(self, inputs: Tensor,
                data_samples: SampleList) -> tuple[Tensor, SampleList]:
        """Resize images and labels.

        Args:
            inputs (Tensor): Normalised images, shape (N, 3, H, W).
            data_samples (list[PoseDataSample]): Their labels, in pixels.

        Returns:
            tuple[Tensor, list[PoseDataSample]]: Both at the drawn size; the
            labels are changed in place.
        """
        gain, divisor = self.draw_gain(), self.size_divisor
        old = np.array(inputs.shape[-2:])
        new = np.maximum(np.round(old * gain / divisor), 1).astype(int) * divisor
        if (new == old).all():
            return inputs, data_samples
        scale_y, scale_x = (new / old).tolist()
        height, width = new.tolist()
        for sample in data_samples:
            labels = sample.gt_instance_labels
            for points in labels.bboxes, labels.keypoints:
                points[..., 0::2] *= scale_x
                points[..., 1::2] *= scale_y
            if 'areas' in labels:
                labels.areas *= scale_x * scale_y
            sample.set_metainfo(dict(img_shape=(height, width)))
        resized = F.interpolate(
            inputs, size=(height, width), mode='bilinear', align_corners=False)
        return resized, data_samples
