"""The neck of YOLO-Pose: a PAN whose levels keep their own widths."""
from __future__ import annotations

from collections.abc import Sequence

from mmpose.registry import MODELS

from sasd_mmpose.models.necks import CSPPAFPN


@MODELS.register_module()
class P6PAFPN(CSPPAFPN):
    """SPPF and PAN; each level is as wide as the backbone's stage.

    Args:
        in_channels (Sequence[int]): Channels of the backbone's stages, the
            finest first.
        kwargs: See :class:`CSPPAFPN`.
    """

    def __init__(self, in_channels: Sequence[int], **kwargs) -> None:
        super().__init__(in_channels, in_channels, **kwargs)
