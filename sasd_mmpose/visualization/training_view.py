"""What a training step sees: the image, its persons and their cells."""
# ruff: noqa: I001
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..models.distillers import TwinDistiller  # before MMPose
from mmengine.dataset import pseudo_collate
from mmpose.models.pose_estimators import BottomupPoseEstimator
from ..models.distillers.twins import enlarge
from ..models.task_modules import GroundTruth, LevelTargets


class Persons(NamedTuple):
    """Labelled persons, in pixels of the base input.

    Attributes:
        boxes (np.ndarray): Corners (x1, y1, x2, y2), shape (n, 4).
        keypoints (np.ndarray): (x, y), shape (n, K, 2).
        visible (np.ndarray): 1 for a labelled keypoint, else 0, (n, K).
    """
    boxes: np.ndarray
    keypoints: np.ndarray
    visible: np.ndarray


class LevelView(NamedTuple):
    """The positives of one level of one twin.

    Attributes:
        index (int): i of :math:`P_i`: its stride is 2 to the power of i.
        grid_size (tuple[int, int]): Rows and columns.
        anchors (np.ndarray): Sizes of the anchors in cells, shape (A, 2).
        targets (LevelTargets): As they are trained on.
        persons (np.ndarray): Whom each positive predicts, shape (M, ).
    """
    index: int
    grid_size: tuple[int, int]
    anchors: np.ndarray
    targets: LevelTargets
    persons: np.ndarray

    @property
    def stride(self) -> int:
        """Pixels of the twin's input per cell."""
        return 2**self.index


class TrainingView(NamedTuple):
    """One image of a training batch.

    Attributes:
        image (np.ndarray): The base input, (H, W, 3), RGB, uint8.
        high_image (np.ndarray | None): The high-resolution input, (2H, 2W,
            3); None for a net without a twin.
        persons (Persons): The persons.
        base (list[LevelView]): Levels of the base twin.
        high (list[LevelView]): Levels of the high-resolution twin. The j-th
            teaches the j-th of the base twin.
        files (tuple[str, ...]): The files the image was made of.
    """
    image: np.ndarray
    high_image: np.ndarray | None
    persons: Persons
    base: list[LevelView]
    high: list[LevelView]
    files: tuple[str, ...]


@torch.no_grad()
def view_training_sample(model: BottomupPoseEstimator, sample: dict) -> TrainingView:
    """Assign one sample, by the code that trains.

    Args:
        model (BottomupPoseEstimator): A distiller or a plain estimator with
            its criterion. Its weights do not matter.
        sample (dict): What the training pipeline gives: ``inputs`` and
            ``data_samples``.

    Returns:
        TrainingView: Image, persons and positives.
    """
    model.eval()
    batch = model.data_preprocessor(pseudo_collate([sample]), training=True)
    inputs, data_samples = batch['inputs'], batch['data_samples']
    truth = GroundTruth.from_samples(data_samples, model.head.num_keypoints)
    maps = model.head(model.extract_feat(inputs))
    targets = model.head.targets(truth, maps)
    anchors = model.head.anchors
    base = _level_views(inputs, maps, targets, truth, anchors)
    high, high_image = [], None
    if isinstance(model, TwinDistiller):
        high_inputs = enlarge(inputs)
        twin = model.forward_high(high_inputs, truth, targets)
        factor = high_inputs.shape[-1] / inputs.shape[-1]
        high = _level_views(high_inputs, twin.maps, twin.targets,
                            truth.scaled(factor), anchors)
        high_image = _to_image(model, high_inputs)
    first, last = truth.boxes.split(2, dim=1)
    meta = data_samples[0].metainfo
    return TrainingView(
        image=_to_image(model, inputs),
        high_image=high_image,
        persons=Persons(
            torch.cat([first - last / 2, first + last / 2], 1).numpy(),
            truth.keypoints.numpy(), truth.visible.numpy()),
        base=base,
        high=high,
        files=tuple(meta.get('mosaic_img_paths') or (meta['img_path'], )))


def same_targets(one: LevelTargets, other: LevelTargets) -> bool:
    """Whether two levels have identical targets, in every tensor."""
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def _level_views(inputs: Tensor, maps: Sequence[Tensor],
                 targets: Sequence[LevelTargets], truth: GroundTruth,
                 anchors: Tensor) -> list[LevelView]:
    """Describe the levels that gave ``maps``.

    Args:
        inputs (Tensor): The twin's input, shape (1, 3, H, W).
        maps (Sequence[Tensor]): Raw maps, each (1, C, H_i, W_i).
        targets (Sequence[LevelTargets]): Targets of the levels.
        truth (GroundTruth): The persons in pixels of ``inputs``.
        anchors (Tensor): Sizes in cells of the base levels' anchors,
            (L, A, 2), with which either twin's levels are assigned.
    """
    views = []
    for raw_map, target, sizes in zip(maps, targets, anchors, strict=False):
        stride = inputs.shape[-1] // raw_map.shape[-1]
        views.append(
            LevelView(
                index=int(math.log2(stride)),
                grid_size=tuple(raw_map.shape[-2:]),
                anchors=sizes.numpy(),
                targets=target,
                persons=_owners(target, truth, stride)))
    return views


def _owners(target: LevelTargets, truth: GroundTruth, stride: int) -> np.ndarray:
    """Find whom each positive predicts: the person with its very box.

    Args:
        target (LevelTargets): M positives.
        truth (GroundTruth): n persons.
        stride (int): Pixels per cell.

    Returns:
        np.ndarray: Indices of persons, shape (M, ).
    """
    if not len(target.image):
        return np.zeros(0, int)
    cells = torch.stack([target.col, target.row], dim=1)
    boxes = torch.cat([target.boxes[:, :2] + cells, target.boxes[:, 2:]], 1)
    distance = (boxes[:, None] * stride - truth.boxes).abs().sum(dim=2)
    return distance.argmin(dim=1).numpy()


def _to_image(model: BottomupPoseEstimator, inputs: Tensor) -> np.ndarray:
    """Turn the net's input back into an RGB image, (H, W, 3), uint8."""
    preprocessor = model.data_preprocessor
    image = inputs[0]
    if preprocessor._enable_normalize:
        image = image * preprocessor.std + preprocessor.mean
    return image.clamp(0, 255).byte().permute(1, 2, 0).numpy()
