"""Associative embedding over several resolutions."""
from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.models.heads import AssociativeEmbeddingHead
from mmpose.models.utils.tta import flip_heatmaps
from mmpose.utils.typing import ConfigType, Features, OptSampleList
from torch import Tensor

from sasd_mmpose import InputError


class MultiResolutionAEHead(AssociativeEmbeddingHead):
    """Base of heads that predict heatmaps at several resolutions.

    The maps of the coarsest level are K heatmaps followed by K tag maps; finer
    levels have K heatmaps. Heatmaps are learnt at each level and averaged over
    the levels for testing; grouping uses the tags of the first. K, and which
    keypoints a mirror swaps, come from the data set's metainfo.

    Losses and grouping are MMPose's. Its own head knows one resolution, and
    cannot be trained with MMPose 1.x as it stands.

    Args:
        in_channels (int | Sequence[int]): Channels of the features.
        metainfo (dict): Meta information of the data set, as its config.
        keypoint_loss (dict): Config of the loss of each level's heatmaps.
        tag_loss (dict): Config of the loss of the tags.
        decoder (dict, optional): Config of the codec that groups. Its input
            and heatmap size must be equal: maps are resized to the input's
            size before.
        init_cfg (dict | list[dict], optional): Initialization; by default
            HigherHRNet's.
    """

    def __init__(self,
                 in_channels: int | Sequence[int],
                 metainfo: dict,
                 keypoint_loss: ConfigType,
                 tag_loss: ConfigType,
                 decoder: ConfigType | None = None,
                 init_cfg: ConfigType | list[dict] | None = None) -> None:
        parsed = parse_pose_metainfo(dict(metainfo))
        super().__init__(
            in_channels=in_channels,
            num_keypoints=parsed['num_keypoints'],
            deconv_out_channels=None,
            final_layer=None,
            keypoint_loss=keypoint_loss,
            tag_loss=tag_loss,
            decoder=decoder,
            init_cfg=init_cfg)
        self.flip_indices = parsed['flip_indices']

    @property
    def level_channels(self) -> tuple[int, ...]:
        """Channels of each level's maps, coarsest first."""
        return 2 * self.num_keypoints, self.num_keypoints

    @abstractmethod
    def forward(self, feats: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Predict the maps; what is deployed ends here.

        Args:
            feats (tuple[Tensor]): Features ``(N, C, h, w)``.

        Returns:
            tuple[Tensor]: One ``(N, C, H, W)`` per level, C as in
            :attr:`level_channels`.
        """

    def loss(self,
             feats: tuple[Tensor, ...],
             batch_data_samples: OptSampleList,
             train_cfg: ConfigType) -> dict[str, Tensor]:
        """Compute the losses of a batch.

        Args:
            feats (tuple[Tensor]): Features ``(N, C, h, w)``.
            batch_data_samples (list[PoseDataSample]): With ``heatmaps`` and
                ``heatmap_mask`` ``(H, W)`` per level in ``gt_fields``, and
                ``keypoint_indices`` ``(levels, n, K, 2)`` in
                ``gt_instance_labels``.
            train_cfg (dict): Unused.

        Returns:
            dict[str, Tensor]: ``loss_heatmap_I`` of each level I,
            ``loss_pull`` and ``loss_push``.
        """
        maps = [level.float() for level in self.forward(feats)]
        losses = {}
        for index, level in enumerate(maps):
            target = torch.stack(
                [s.gt_fields.heatmaps[index] for s in batch_data_samples])
            mask = torch.stack(
                [s.gt_fields.heatmap_mask[index] for s in batch_data_samples]
            ).unsqueeze(1)
            losses[f'loss_heatmap_{index}'] = self.loss_module.keypoint_loss(
                level[:, :self.num_keypoints], target, mask=mask)
        pull, push = self.loss_module.tag_loss(
            maps[0][:, self.num_keypoints:],
            [s.gt_instance_labels.keypoint_indices[0]
             for s in batch_data_samples])
        # MMPose adds up the images; the recipes take their mean.
        losses['loss_pull'] = pull / len(batch_data_samples)
        losses['loss_push'] = push / len(batch_data_samples)
        return losses

    def predict(self,
                feats: Features,
                batch_data_samples: OptSampleList,
                test_cfg: ConfigType) -> list[InstanceData]:
        """Find the people of a batch.

        Args:
            feats (tuple[Tensor] | list[tuple[Tensor]]): Features; with the
                flip test, those of the images and of their mirror images.
            batch_data_samples (list[PoseDataSample]): With ``img_shape``, the
                same for all, in their metainfo.
            test_cfg (dict): ``flip_test`` is read.

        Returns:
            list[InstanceData]: Per image ``keypoints`` ``(n, K, 2)`` and
            ``bboxes`` ``(n, 4)`` in pixels of the input, ``keypoint_scores``
            ``(n, K)``, ``bbox_scores`` ``(n, )``.

        Raises:
            InputError: The images have inputs of different sizes.
        """
        if test_cfg.get('flip_test', False):
            heatmaps, tags = self.flip_merged(*map(self.forward, feats))
        else:
            heatmaps, tags = self.merged(self.forward(feats))
        size = _common_size(batch_data_samples)
        return self.decode((_resized(heatmaps, size), _resized(tags, size)))

    def merged(self, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Bring all levels to the finest resolution and average heatmaps.

        Args:
            maps (Sequence[Tensor]): See :meth:`forward`.

        Returns:
            tuple[Tensor, Tensor]: Heatmaps and tags, each ``(N, K, H, W)``.
        """
        levels = [_resized(level, maps[-1].shape[-2:]) for level in maps]
        heatmaps = torch.stack(
            [level[:, :self.num_keypoints] for level in levels]).mean(dim=0)
        return heatmaps, levels[0][:, self.num_keypoints:]

    def flip_merged(self, maps: Sequence[Tensor], mirrored: Sequence[Tensor]
                    ) -> tuple[Tensor, Tensor]:
        """Merge the maps of images with those of their mirror images.

        Args:
            maps (Sequence[Tensor]): See :meth:`forward`.
            mirrored (Sequence[Tensor]): The same of the mirror images.

        Returns:
            tuple[Tensor, Tensor]: Averaged heatmaps ``(N, K, H, W)``, and the
            tags of both, ``(N, 2 K, H, W)``.
        """
        heatmaps, tags = self.merged(maps)
        other_heatmaps, other_tags = self.merged(mirrored)
        other_heatmaps = flip_heatmaps(
            other_heatmaps, self.flip_indices, shift_heatmap=False)
        other_tags = self._flip_tags(
            other_tags, self.flip_indices, shift_heatmap=False)
        return (heatmaps + other_heatmaps) / 2, torch.cat([tags, other_tags], 1)

    def decode(self, batch_outputs: tuple[Tensor, Tensor]
               ) -> list[InstanceData]:
        """Group keypoints and add the box around those of each person.

        Args:
            batch_outputs (tuple[Tensor, Tensor]): Heatmaps ``(N, K, H, W)``
                and tags ``(N, L * K, H, W)`` at the input's size.

        Returns:
            list[InstanceData]: See :meth:`predict`.
        """
        people = super().decode(batch_outputs)
        for found in people:
            found.bboxes = np.concatenate(
                [found.keypoints.min(axis=1), found.keypoints.max(axis=1)],
                axis=1)
        return people


def _common_size(samples: OptSampleList) -> tuple[int, int]:
    """Return height and width of the input of all images of a batch."""
    sizes = {tuple(sample.metainfo['img_shape']) for sample in samples}
    if len(sizes) > 1:
        raise InputError(
            'batch_size: images of different shape do not fit into one batch; '
            'set it to 1 in val_dataloader and test_dataloader')
    return sizes.pop()


def _resized(maps: Tensor, size: Sequence[int]) -> Tensor:
    """Resize maps ``(N, C, h, w)`` to (height, width), cells to cells."""
    if tuple(maps.shape[-2:]) == tuple(size):
        return maps
    return F.interpolate(
        maps, size=tuple(size), mode='bilinear', align_corners=False)
