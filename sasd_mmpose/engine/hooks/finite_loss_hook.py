"""Stop at a loss that is not finite."""
from __future__ import annotations

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS

from ...errors import InputError


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Name the images behind a loss that is not finite, and stop.

    It runs before any checkpoint of the iteration is written, so that the
    last one on disk is good.
    """

    priority = 'NORMAL'

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        """Check every loss of the iteration.

        Args:
            runner (Runner): The runner.
            batch_idx (int): Number of the batch in the epoch.
            data_batch (dict): The batch.
            outputs (dict): Losses that the model logged.

        Raises:
            InputError: With the losses, the images and the last checkpoint.
        """
        broken = [
            name for name, value in outputs.items()
            if torch.is_tensor(value) and not torch.isfinite(value).all()
        ]
        if not broken:
            return
        images = ', '.join(self._images(data_batch['data_samples']))
        checkpoint = runner.message_hub.get_info('last_ckpt')
        state = (f'the last good checkpoint is {checkpoint}'
                 if checkpoint else 'no checkpoint had been written yet')
        raise InputError(
            f'{", ".join(broken)} not finite in iteration {runner.iter + 1} '
            f'(epoch {runner.epoch + 1}); {state}; look at the annotations '
            f'of the images of this batch ({images}), or lower '
            'optim_wrapper.optimizer.lr')

    @staticmethod
    def _images(data_samples: list) -> list[str]:
        """List the files of a batch, those of a mosaic one by one."""
        paths = []
        for sample in data_samples:
            mosaic = sample.metainfo.get('mosaic_img_paths')
            paths += mosaic or [sample.metainfo.get('img_path', 'unnamed')]
        return list(dict.fromkeys(str(path) for path in paths))
