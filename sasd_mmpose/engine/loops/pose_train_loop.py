"""Training by epochs that have at least one batch."""
from __future__ import annotations

from mmengine.dist import get_world_size
from mmengine.runner import EpochBasedTrainLoop
from mmpose.registry import LOOPS

from ...errors import InputError


@LOOPS.register_module()
class PoseTrainLoop(EpochBasedTrainLoop):
    """:class:`EpochBasedTrainLoop` that says when an epoch has no batch.

    MMEngine ends with an assertion about a scheduler then.

    Args:
        *args: See :class:`EpochBasedTrainLoop`.
        **kwargs: See :class:`EpochBasedTrainLoop`.

    Raises:
        InputError: There are fewer images than a batch takes.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if len(self.dataloader) > 0:
            return
        processes = get_world_size()
        shared = f' in each of {processes} processes' if processes > 1 else ''
        raise InputError(
            f'train_dataloader: {len(self.dataloader.dataset)} images are '
            f'fewer than a batch of {self.dataloader.batch_size}{shared}; '
            'lower batch_size, or set drop_last=False')
