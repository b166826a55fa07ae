"""Anchor-based head that regresses boxes and keypoints (section III-A)."""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn as nn
from mmcv.cnn import ConvModule
from mmcv.ops import nms
from mmengine.model import BaseModule, ModuleList
from mmengine.structures import InstanceData
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import MODELS
from mmpose.utils.typing import (
    ConfigType,
    Features,
    InstanceList,
    OptConfigType,
    SampleList,
)
from torch import Tensor

from ...errors import InputError
from ...metainfo import checked_metainfo
from ..defaults import ACT_CFG, NORM_CFG
from ..task_modules import DecodedPoses, GroundTruth, LevelTargets, YOLOPoseCoder

# Objectness starts as if a 640 x 640 image held so many persons.
PRIOR_OBJECTS = 8
PRIOR_SIZE = 640


class PoseHeadLevel(BaseModule):
    """The head of one level: 3x3 convolution, then 1x1 to the raw map.

    Args:
        in_channels (int): Channels of the level's features.
        anchors (Tensor): Anchor sizes in cells, shape (A, 2).
        mean_pose (Tensor): Where keypoints start, relative to the centre of
            the box and in units of its sides, shape (K, 2).
        stride (int): Pixels of the network input per cell; sets the prior of
            the objectness.
        norm_cfg (dict): Normalisation layer.
        act_cfg (dict): Activation layer.
    """

    def __init__(self,
                 in_channels: int,
                 anchors: Tensor,
                 mean_pose: Tensor,
                 stride: int,
                 norm_cfg: dict = NORM_CFG,
                 act_cfg: dict = ACT_CFG) -> None:
        super().__init__()
        # The initial biases need them; not sub-tensors of the module.
        self._prior = (anchors, mean_pose, stride)
        self._build_layers(
            in_channels, len(anchors), len(mean_pose), norm_cfg=norm_cfg,
            act_cfg=act_cfg)

    def _build_layers(self, in_channels: int, num_anchors: int,
                      num_keypoints: int, **layer_cfg) -> None:
        """Build the layers; ``layer_cfg`` are those of the hidden ones."""
        self.conv = ConvModule(in_channels, in_channels, 3, padding=1, **layer_cfg)
        self.out = nn.Conv2d(in_channels, num_anchors * (5 + 3 * num_keypoints), 1)

    def init_weights(self) -> None:
        """Initialise; every anchor starts as a person of its size.

        The gradient of the OKS loss vanishes far from the target, so that
        keypoints that all start in one point take long to find their way.
        """
        super().init_weights()
        self._set_bias(self._initial_bias())

    def _set_bias(self, bias: Tensor) -> None:
        """Set the bias of each output channel, shape (A, 5 + 3 K)."""
        self.out.bias.data.copy_(bias.flatten())

    def _initial_bias(self) -> Tensor:
        """Encode a person of each anchor's size, shape (A, 5 + 3 K)."""
        anchors, mean_pose, stride = self._prior
        num_anchors, num_keypoints = len(anchors), len(mean_pose)
        prior = PRIOR_OBJECTS / (PRIOR_SIZE / stride)**2
        center = torch.full((num_anchors, 2), 0.5)
        start = DecodedPoses(
            boxes=torch.cat([center, anchors], dim=1),
            obj_logits=torch.full((num_anchors, ), math.log(prior)),
            keypoints=center[:, None] + mean_pose * anchors[:, None],
            keypoint_logits=torch.zeros(num_anchors, num_keypoints))
        return YOLOPoseCoder(num_keypoints).encode(start, anchors)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, A * (5 + 3 K), H, W)."""
        return self.out(self.conv(x))


class Detections(NamedTuple):
    """Decoded predictions of all cells, in pixels of the network input.

    Attributes:
        boxes (Tensor): Corners (x1, y1, x2, y2), shape (N, P, 4).
        scores (Tensor): Objectness in [0, 1], shape (N, P).
        keypoints (Tensor): (x, y), shape (N, P, K, 2).
        keypoint_scores (Tensor): In [0, 1], shape (N, P, K).
    """
    boxes: Tensor
    scores: Tensor
    keypoints: Tensor
    keypoint_scores: Tensor


@MODELS.register_module()
class YOLOPoseHead(BaseModule):
    """YOLO-style pose head: three anchors a cell, a box and K keypoints each.

    Args:
        in_channels (int | Sequence[int]): Channels of every level, or of
            each.
        anchors (Sequence): Per level, A pairs of width and height in pixels
            of the network input.
        strides (Sequence[int]): Pixels of the network input per cell.
        metainfo (dict): Meta information of the data set: number of
            keypoints and which of them swap in a mirrored image.
        mean_pose (Sequence | None): Where the keypoints start before any
            training: K pairs of x and y relative to the centre of the box, in
            units of its width and height. None puts them into the centre.
        criterion (dict | None): Config of :class:`YOLOPoseCriterion`; None
            for a net that is not trained.
        norm_cfg (dict): Normalisation layer.
        act_cfg (dict): Activation layer.
        num_keypoints (int | None): As MMPose's other heads have it; not
            needed, and that of ``metainfo``.
        init_cfg (dict | list[dict] | None): Initialisation of the weights.

    Raises:
        InputError: ``metainfo`` contradicts itself or the other arguments.
    """
    level_type = PoseHeadLevel

    def __init__(self,
                 in_channels: int | Sequence[int],
                 anchors: Sequence[Sequence[Sequence[float]]],
                 strides: Sequence[int],
                 metainfo: dict,
                 mean_pose: Sequence[Sequence[float]] | None = None,
                 criterion: OptConfigType = None,
                 norm_cfg: dict = NORM_CFG,
                 act_cfg: dict = ACT_CFG,
                 num_keypoints: int | None = None,
                 init_cfg: dict | list[dict] | None = None) -> None:
        super().__init__(init_cfg=init_cfg)
        if len(anchors) != len(strides):
            raise ValueError(f'anchors are given for {len(anchors)} levels, '
                             f'strides for {len(strides)}')
        metainfo = checked_metainfo(metainfo, 'model.head.metainfo')
        self.metainfo = parse_pose_metainfo(metainfo)
        self.num_keypoints = self.metainfo['num_keypoints']
        if num_keypoints not in (None, self.num_keypoints):
            raise InputError(
                f'model.head.num_keypoints is {num_keypoints!r}, and '
                f'model.head.metainfo has {self.num_keypoints} keypoints; take '
                'num_keypoints out, or mend the metainfo')
        self.flip_indices = self.metainfo['flip_indices']
        self.coder = YOLOPoseCoder(self.num_keypoints)
        self.strides = tuple(strides)
        # In cells: what a level learns does not depend on the resolution.
        self.register_buffer(
            'anchors',
            torch.stack([
                torch.tensor(sizes, dtype=torch.float32).reshape(-1, 2) / stride
                for sizes, stride in zip(anchors, strides)
            ]),
            persistent=False)
        self.mean_pose = self._parse_mean_pose(mean_pose)
        if isinstance(in_channels, int):
            in_channels = [in_channels] * len(strides)
        self.levels = ModuleList([
            self.level_type(width, sizes, self.mean_pose, stride, norm_cfg, act_cfg)
            for width, sizes, stride in zip(in_channels, self.anchors, strides)
        ])
        self.criterion = None
        if criterion is not None:
            self.criterion = MODELS.build(dict(criterion, metainfo=metainfo))

    def _parse_mean_pose(self, mean_pose: Sequence[Sequence[float]] | None) -> Tensor:
        """Turn the argument into a tensor of shape (K, 2), and check it."""
        if mean_pose is None:
            return torch.zeros(self.num_keypoints, 2)
        if len(mean_pose) != self.num_keypoints:
            raise InputError(
                f'model.head.mean_pose has {len(mean_pose)} points and '
                f'model.head.metainfo {self.num_keypoints} keypoints; take '
                'what sasd anchors prints for the config, or None')
        try:
            pose = torch.tensor(mean_pose, dtype=torch.float32)
        except (TypeError, ValueError):  # points of other lengths, or text
            pose = torch.empty(0)
        if pose.shape != (self.num_keypoints, 2) or not pose.isfinite().all():
            raise InputError('model.head.mean_pose: each point must be two finite '
                             f'numbers, x and y; not {mean_pose!r}')
        return pose

    def forward(self, feats: Features) -> tuple[Tensor, ...]:
        """Compute the raw maps.

        Args:
            feats (tuple[Tensor]): Levels of shape (N, C, H_i, W_i).

        Returns:
            tuple[Tensor, ...]: Maps of shape (N, A * (5 + 3 K), H_i, W_i);
            :class:`YOLOPoseCoder` says what the channels of an anchor mean.
        """
        return tuple(level(x) for level, x in zip(self.levels, feats))

    def loss(self,
             feats: Features,
             batch_data_samples: SampleList,
             train_cfg: ConfigType | None = None) -> dict[str, Tensor]:
        """Compute the losses of one network on its own assignment.

        Args:
            feats (tuple[Tensor]): Levels of shape (N, C, H_i, W_i).
            batch_data_samples (list[PoseDataSample]): Their labels.
            train_cfg (dict | None): Not used; part of MMPose's interface.

        Returns:
            dict[str, Tensor]: See :meth:`YOLOPoseCriterion.forward`.
        """
        maps = self(feats)
        truth = GroundTruth.from_samples(batch_data_samples, self.num_keypoints)
        return self.criterion(maps, self.targets(truth, maps))

    def targets(self, truth: GroundTruth, maps: Sequence[Tensor]) -> list[LevelTargets]:
        """Assign a batch to the levels that gave ``maps``.

        Args:
            truth (GroundTruth): The persons, in pixels of the network input.
            maps (Sequence[Tensor]): One map per level, (N, ..., H_i, W_i).

        Returns:
            list[LevelTargets]: Targets of each level.
        """
        return self.criterion.targets(
            truth, self.anchors, self.strides,
            [tuple(x.shape[-2:]) for x in maps])

    def predict(self,
                feats: Features | list[Features],
                batch_data_samples: SampleList,
                test_cfg: ConfigType | None = None) -> InstanceList:
        """Predict the persons of each image.

        Args:
            feats (tuple[Tensor] | list[tuple[Tensor]]): Levels of shape
                (N, C, H_i, W_i); with the flip test, those of the images
                and those of their mirror images.
            batch_data_samples (list[PoseDataSample]): Not used; part of
                MMPose's interface.
            test_cfg (dict | None): See :meth:`predict_by_maps`.

        Returns:
            list[InstanceData]: See :meth:`predict_by_maps`.
        """
        test_cfg = test_cfg or {}
        passes = feats if test_cfg.get('flip_test', False) else [feats]
        return self.predict_by_maps(
            [self(levels) for levels in passes], self.anchors, self.strides,
            test_cfg)

    def predict_by_maps(self, passes: Sequence[Sequence[Tensor]],
                        anchors: Sequence[Tensor], strides: Sequence[int],
                        test_cfg: ConfigType) -> InstanceList:
        """Decode raw maps and suppress duplicates.

        Args:
            passes (Sequence[Sequence[Tensor]]): The raw maps of the images
                and, with the flip test, those of their mirror images.
            anchors (Sequence[Tensor]): Per level, sizes in cells, (A, 2).
            strides (Sequence[int]): Pixels of the network input per cell.
            test_cfg (dict): ``score_thr``, ``nms_pre`` (candidates that enter
                the suppression), ``nms_thr`` (IoU), ``max_per_img``.

        Returns:
            list[InstanceData]: Per image ``bboxes`` (n, 4), ``bbox_scores``
            (n, ), ``keypoints`` (n, K, 2), ``keypoint_scores`` and
            ``keypoints_visible`` (n, K) as numpy arrays, in pixels of the
            network input, best first.
        """
        detections = self.decode(passes[0], anchors, strides)
        if len(passes) == 2:
            mirrored = self.decode_mirrored(passes[1], anchors, strides)
            detections = Detections(
                *((a + b) / 2 for a, b in zip(detections, mirrored)))
        return [
            self._select(Detections(*image), test_cfg)
            for image in zip(*detections)
        ]

    def decode(self, maps: Sequence[Tensor], anchors: Sequence[Tensor],
               strides: Sequence[int]) -> Detections:
        """Decode the raw maps of all levels.

        Args:
            maps (Sequence[Tensor]): Maps of shape (N, A * (5 + 3 K), H, W).
            anchors (Sequence[Tensor]): Per level, sizes in cells, (A, 2).
            strides (Sequence[int]): Pixels of the network input per cell.

        Returns:
            Detections: Level by level; in a level by anchor, row, column.
        """
        levels = [self._decode_level(*level) for level in zip(maps, anchors, strides)]
        return Detections(*(
            torch.cat([part.flatten(1, 3) for part in parts], dim=1)
            for parts in zip(*levels)))

    def decode_mirrored(self, maps: Sequence[Tensor],
                        anchors: Sequence[Tensor],
                        strides: Sequence[int]) -> Detections:
        """Decode the maps of mirrored images back into the images.

        The mirror image of a cell, with the same anchor, sees the same
        content, so that detections of both passes pair up one by one.

        Args:
            maps (Sequence[Tensor]): Maps of shape (N, A * (5 + 3 K), H, W).
            anchors (Sequence[Tensor]): Per level, sizes in cells, (A, 2).
            strides (Sequence[int]): Pixels of the network input per cell.

        Returns:
            Detections: In the order of :meth:`decode`.
        """
        levels = []
        for level in zip(maps, anchors, strides):
            width = level[0].shape[-1] * level[2]
            found = Detections(*(part.flip(3) for part in self._decode_level(*level)))
            levels.append(self._mirror(found, width))
        return Detections(*(
            torch.cat([part.flatten(1, 3) for part in parts], dim=1)
            for parts in zip(*levels)))

    def _mirror(self, detections: Detections, width: int) -> Detections:
        """Mirror coordinates and swap left and right keypoints.

        Args:
            detections (Detections): Of any leading shape.
            width (int): Width of the image in pixels; column x becomes
                width - 1 - x, as in MMPose's ``RandomFlip``.
        """
        x1, y1, x2, y2 = detections.boxes.unbind(-1)
        boxes = torch.stack([width - 1 - x2, y1, width - 1 - x1, y2], dim=-1)
        x, y = detections.keypoints[..., self.flip_indices, :].unbind(-1)
        return Detections(
            boxes=boxes,
            scores=detections.scores,
            keypoints=torch.stack([width - 1 - x, y], dim=-1),
            keypoint_scores=detections.keypoint_scores[..., self.flip_indices])

    def _decode_level(self, raw_map: Tensor, anchors: Tensor,
                      stride: int) -> Detections:
        """Decode one level.

        Args:
            raw_map (Tensor): Shape (N, A * (5 + 3 K), H, W).
            anchors (Tensor): Sizes in cells, shape (A, 2).
            stride (int): Pixels of the network input per cell.

        Returns:
            Detections: With leading shape (N, A, H, W).
        """
        raw = raw_map.float().unflatten(1, (len(anchors), -1))
        poses = self.coder.decode(raw.permute(0, 1, 3, 4, 2), anchors[:, None, None])
        rows, cols = raw_map.shape[-2:]
        y, x = torch.meshgrid(
            torch.arange(rows, device=raw.device),
            torch.arange(cols, device=raw.device),
            indexing='ij')
        cells = torch.stack([x, y], dim=-1)
        center = (poses.boxes[..., :2] + cells) * stride
        half = poses.boxes[..., 2:] * (stride / 2)
        return Detections(
            boxes=torch.cat([center - half, center + half], dim=-1),
            scores=poses.obj_logits.sigmoid(),
            keypoints=(poses.keypoints + cells[..., None, :]) * stride,
            keypoint_scores=poses.keypoint_logits.sigmoid())

    @staticmethod
    def _select(found: Detections, test_cfg: ConfigType) -> InstanceData:
        """Keep the best detections of one image; see :meth:`predict_by_maps`.

        Args:
            found (Detections): With leading shape (P, ).
            test_cfg (dict): Thresholds.
        """
        candidates = torch.nonzero(
            found.scores > test_cfg.get('score_thr', 0.001))[:, 0]
        nms_pre = test_cfg.get('nms_pre', 1000)
        if len(candidates) > nms_pre:
            best = found.scores[candidates].topk(nms_pre).indices
            candidates = candidates[best]
        boxes, scores = found.boxes[candidates], found.scores[candidates]
        _, keep = nms(boxes, scores, test_cfg.get('nms_thr', 0.65))
        keep = keep[:test_cfg.get('max_per_img', 100)]
        keypoint_scores = found.keypoint_scores[candidates][keep]
        return InstanceData(
            bboxes=boxes[keep],
            bbox_scores=scores[keep],
            keypoints=found.keypoints[candidates][keep],
            keypoint_scores=keypoint_scores,
            keypoints_visible=keypoint_scores).numpy()
