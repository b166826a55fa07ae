"""All losses of one network on its maps (paper, section III-C)."""
from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS, TASK_UTILS
from mmpose.utils import reduce_mean
from mmpose.utils.typing import ConfigType, OptConfigType
from torch import Tensor

from ...metainfo import parse_metainfo
from ..task_modules import (
    DecodedPoses,
    GroundTruth,
    LevelTargets,
    YOLOPoseCoder,
    level_targets,
)

# Area of a person relative to its box, as in COCO.
PERSON_AREA_FACTOR = 0.53


def corners(boxes: Tensor) -> Tensor:
    """Turn (cx, cy, w, h) into (x1, y1, x2, y2), shape (..., 4)."""
    center, half = boxes[..., :2], boxes[..., 2:] / 2
    return torch.cat([center - half, center + half], dim=-1)


@MODELS.register_module()
class YOLOPoseCriterion(BaseModule):
    """Assignment and losses of a YOLO-style pose head.

    Box, objectness and keypoint-confidence losses are those of YOLO-Pose,
    which the paper builds upon and does not mention; OKS and skeleton loss
    are its Eq. 4 and 5. Whatever is trained on positives is averaged over
    those of a level, then summed over the levels. All of it is computed in
    fp32, in grid cells.

    The total is multiplied by ``nominal_batch_size``: the recipe's learning
    rate belongs to a loss that is summed over so many images.

    Args:
        metainfo (dict): Meta information of the data set: number of
            keypoints, their sigmas, and the bones.
        assigner (dict): Config of the assigner.
        loss_bbox (dict): Config of a box loss of ``1 - IoU`` kind, one value
            for each pair of boxes.
        loss_obj (dict): Config of the objectness loss.
        loss_keypoint_conf (dict): Config of the keypoint-confidence loss.
        loss_oks (dict): Config of the OKS loss; its weight is alpha of Eq. 6.
        loss_skeleton (dict | None): Config of the skeleton loss; its weight
            is beta of Eq. 6. None trains without it.
        loss_distance (dict | None): Config of a loss of the same kind on the
            keypoints' distances, which the paper does not have.
        obj_level_weights (Sequence[float]): Factor of each level's
            objectness loss.
        nominal_batch_size (int): Factor of every loss.
        objectness_oks (bool): Whether objectness learns the OKS of the
            predicted keypoints, by which AP ranks people, rather than the
            IoU of the box. People without a labelled keypoint keep the IoU.
    """

    def __init__(self,
                 metainfo: dict,
                 assigner: ConfigType,
                 loss_bbox: ConfigType,
                 loss_obj: ConfigType,
                 loss_keypoint_conf: ConfigType,
                 loss_oks: ConfigType,
                 loss_skeleton: OptConfigType = None,
                 loss_distance: OptConfigType = None,
                 obj_level_weights: Sequence[float] = (4.0, 1.0, 0.4),
                 nominal_batch_size: int = 64,
                 objectness_oks: bool = False) -> None:
        super().__init__()
        metainfo = parse_metainfo(metainfo, 'criterion.metainfo')
        self.coder = YOLOPoseCoder(metainfo['num_keypoints'])
        self.assigner = TASK_UTILS.build(assigner)
        self.loss_bbox = MODELS.build(loss_bbox)
        self.loss_obj = MODELS.build(loss_obj)
        self.loss_keypoint_conf = MODELS.build(loss_keypoint_conf)
        self.loss_oks = MODELS.build(loss_oks)
        # MMPose's loss reads sigmas from a file only, and would save them.
        self.loss_oks.register_buffer(
            'sigmas', torch.as_tensor(metainfo['sigmas']), persistent=False)
        self.loss_skeleton = None
        if loss_skeleton is not None:
            self.loss_skeleton = MODELS.build(loss_skeleton)
            self.loss_skeleton.set_skeleton(metainfo['skeleton_links'])
        self.loss_distance = None
        if loss_distance is not None:
            self.loss_distance = MODELS.build(loss_distance)
        self.obj_level_weights = tuple(obj_level_weights)
        self.nominal_batch_size = nominal_batch_size
        self.objectness_oks = objectness_oks

    def targets(self, truth: GroundTruth, anchors: Sequence[Tensor],
                strides: Sequence[int],
                grid_sizes: Sequence[tuple[int, int]]) -> list[LevelTargets]:
        """Assign a batch to the levels of a pyramid.

        Args:
            truth (GroundTruth): The persons, in pixels of the network input.
            anchors (Sequence[Tensor]): Per level, anchor sizes in cells,
                shape (A, 2).
            strides (Sequence[int]): Pixels of the network input per cell.
            grid_sizes (Sequence[tuple[int, int]]): Rows and columns.

        Returns:
            list[LevelTargets]: Targets of each level.
        """
        return [
            level_targets(truth, self.assigner, *level)
            for level in zip(anchors, strides, grid_sizes)
        ]

    def forward(self, maps: Sequence[Tensor],
                targets: Sequence[LevelTargets]) -> dict[str, Tensor]:
        """Compute the losses.

        Args:
            maps (Sequence[Tensor]): Raw maps of the head, each of shape
                (N, A * (5 + 3 K), H_i, W_i).
            targets (Sequence[LevelTargets]): Targets of the same levels.

        Returns:
            dict[str, Tensor]: Scalars ``loss_bbox``, ``loss_obj``,
            ``loss_oks``, ``loss_keypoint_conf`` and, where they are switched
            on, ``loss_skeleton`` and ``loss_distance``.
        """
        counts = self._global_counts(targets)
        with torch.autocast(maps[0].device.type, enabled=False):
            levels = [
                self._level_losses(*level) for level in zip(
                    maps, targets, counts, self.obj_level_weights)
            ]
        return {
            name: self.scale(sum(level[name] for level in levels))
            for name in levels[0]
        }

    def scale(self, loss: Tensor) -> Tensor:
        """Bring a mean loss to the scale that the learning rate belongs to."""
        return self.nominal_batch_size * loss

    @staticmethod
    def _global_counts(targets: Sequence[LevelTargets]) -> Tensor:
        """Count what losses are averaged over, over all processes.

        Each process gets the mean of the counts: gradients are averaged over
        the processes, so the outcome is that of one process with the whole
        batch.

        Returns:
            Tensor: Per level, positives and those of them with a labelled
            keypoint, at least 1, shape (L, 2).
        """
        counts = torch.stack([
            torch.stack([
                t.visible.new_tensor(float(len(t.visible))),
                t.visible.any(dim=1).sum().to(t.visible.dtype)
            ]) for t in targets
        ])
        return reduce_mean(counts).clamp(min=1)

    def _level_losses(self, raw_map: Tensor, target: LevelTargets,
                      counts: Tensor, obj_weight: float) -> dict[str, Tensor]:
        """Compute the losses of one level; see :meth:`forward`."""
        channels = raw_map.unflatten(1, (-1, self.coder.num_channels))
        # In fp32 from here on: the whole map would take much longer.
        positives = channels[target.image, target.anchor, :, target.row,
                             target.col].float()
        objectness = channels[:, :, 4].float()
        poses = self.coder.decode(positives, target.anchor_sizes)
        bbox_losses = self.loss_bbox(
            corners(poses.boxes), corners(target.boxes))
        labelled = target.visible.any(dim=1)
        oks_losses = self.loss_oks(
            poses.keypoints, target.keypoints, target.visible,
            target.boxes[:, 2:].prod(dim=1) * PERSON_AREA_FACTOR)
        quality = 1 - bbox_losses.detach() / self.loss_bbox.loss_weight
        if self.objectness_oks:
            oks = 1 - oks_losses.detach() / self.loss_oks.loss_weight
            quality = torch.where(labelled, oks, quality)
        return dict(
            loss_bbox=bbox_losses.sum() / counts[0],
            loss_obj=obj_weight * self.loss_obj(
                objectness,
                self._objectness_target(objectness, target, quality)),
            loss_oks=(oks_losses * labelled).sum() / counts[1],
            **self._keypoint_losses(poses, target, labelled, counts[1]))

    @staticmethod
    def _objectness_target(logits: Tensor, target: LevelTargets,
                           quality: Tensor) -> Tensor:
        """Give each positive its quality as objectness.

        Args:
            logits (Tensor): Objectness logits, shape (N, A, H, W).
            target (LevelTargets): Targets of the level.
            quality (Tensor): CIoU or OKS of each positive's prediction,
                shape (M, ).

        Returns:
            Tensor: Shape (N, A, H, W). Where several persons share a cell
            and anchor the best one counts, whatever their order.
        """
        objectness = torch.zeros_like(
            logits, memory_format=torch.contiguous_format)
        _, num_anchors, rows, cols = logits.shape
        flat = ((target.image * num_anchors + target.anchor) * rows +
                target.row) * cols + target.col
        objectness.view(-1).scatter_reduce_(
            0, flat, quality.clamp(min=0), reduce='amax')
        return objectness

    def _keypoint_losses(self, poses: DecodedPoses, target: LevelTargets,
                         labelled: Tensor, count: Tensor) -> dict[str, Tensor]:
        """Compute the losses on one level's keypoints, but for OKS.

        Args:
            poses (DecodedPoses): Predictions of the M positives.
            target (LevelTargets): Targets of the level.
            labelled (Tensor): Whether they have a labelled keypoint, (M, ).
            count (Tensor): Number of those that have.

        Returns:
            dict[str, Tensor]: Scalars.
        """
        conf_losses = self.loss_keypoint_conf(
            poses.keypoint_logits, target.visible).mean(dim=1)
        losses = dict(
            loss_keypoint_conf=(conf_losses * labelled).sum() / count)
        for name in ('loss_skeleton', 'loss_distance'):
            loss = getattr(self, name)
            if loss is not None:
                losses[name] = loss(
                    poses.keypoints, target.keypoints, target.visible,
                    target.boxes[:, 2:]).sum() / count
        return losses
