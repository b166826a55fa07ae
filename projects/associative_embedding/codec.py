"""Targets of associative embedding as HigherHRNet makes them."""
from __future__ import annotations

import numpy as np
from mmpose.codecs import AssociativeEmbedding
from mmpose.registry import KEYPOINT_CODECS


@KEYPOINT_CODECS.register_module()
class CellAssociativeEmbedding(AssociativeEmbedding):
    """:class:`AssociativeEmbedding` whose targets are cells of the heatmap.

    A keypoint belongs to the cell that it lies in, so that the centre of cell
    i is ``(i + 0.5) * stride`` pixels. Bilinear resizing of heatmaps keeps to
    that, and so does decoding with ``decode_center_shift=0.5``. MMPose's codec
    takes the nearest of the cells' corners instead, which after resizing from
    stride s is off by ``(s - 1) / 2`` pixels.

    One codec per resolution, under ``GenerateTarget(multilevel=True)``. The
    indices into the tag map are packed as well, which MMPose leaves out.

    Args:
        **kwargs: See :class:`AssociativeEmbedding`.
    """

    label_mapping_table = dict(keypoint_indices='keypoint_indices')

    def encode(self,
               keypoints: np.ndarray,
               keypoints_visible: np.ndarray | None = None) -> dict:
        """Encode the persons of one image.

        Args:
            keypoints (np.ndarray): ``(n, K, 2)`` in pixels of the input.
            keypoints_visible (np.ndarray, optional): ``(n, K)``; keypoints of
                0.5 and less are left out. Those outside the input must be
                among them.

        Returns:
            dict: ``heatmaps`` ``(K, H, W)``; ``keypoint_indices``
            ``(n, K, 2)``, index ``y * W + x`` of the cell and whether it is
            labelled; ``keypoint_weights`` ``(n, K)``.
        """
        return super().encode(keypoints - self.scale_factor / 2,
                              keypoints_visible)
