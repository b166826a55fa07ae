"""Packing of training samples."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.structures import InstanceData
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.registry import TRANSFORMS
from mmpose.structures import PoseDataSample


@TRANSFORMS.register_module()
class PackPoseTargets(PackPoseInputs):
    """:class:`PackPoseInputs` for training samples, in less time.

    It packs what :class:`YOLOXPoseAnnotationProcessor` leaves: an image,
    instances and their labels; no heatmaps and no lists from several
    encoders. The result is the same.

    Required Keys:

        - img (uint8, BGR)
        - instance_mapping_table, label_mapping_table and what they name
        - those of ``meta_keys`` that there are

    Args:
        meta_keys (Sequence[str]): See :class:`PackPoseInputs`.
    """

    def transform(self, results: dict) -> dict:
        """Pack a sample.

        Args:
            results (dict): See the class.

        Returns:
            dict: ``inputs``, a uint8 tensor ``(3, H, W)``, and
            ``data_samples``, a :class:`PoseDataSample`.
        """
        sample = PoseDataSample()
        sample.gt_instances = _collect(results, results['instance_mapping_table'])
        sample.gt_instance_labels = _collect(
            results, results['label_mapping_table'], torch.from_numpy)
        for key in self.meta_keys:
            if key in results:
                # These belong to the sample: no copy as in set_metainfo.
                sample.set_field(results[key], key, field_type='metainfo')
        return dict(inputs=_to_planes(results['img']), data_samples=sample)


def _collect(results: dict, names: Mapping[str, str],
             convert: Callable[[Any], Any] | None = None) -> InstanceData:
    """Collect arrays of one row per person."""
    instances = InstanceData()
    for key, name in names.items():
        if key in results:
            value = results[key]
            # Lengths are equal by now: no check as in __setattr__.
            instances.set_field(convert(value) if convert else value, name)
    return instances


def _to_planes(img: np.ndarray) -> torch.Tensor:
    """Turn an image ``(H, W, 3)`` into a tensor ``(3, H, W)``."""
    planes = torch.empty((3, *img.shape[:2]), dtype=torch.uint8)
    cv2.split(img, list(planes.numpy()))
    return planes
