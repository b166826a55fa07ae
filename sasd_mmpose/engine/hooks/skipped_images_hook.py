"""Says which images training could not read."""
from __future__ import annotations

from mmengine.dist import all_gather_object
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS

from ...errors import one_line


@HOOKS.register_module()
class SkippedImagesHook(Hook):
    """Name each image that was skipped, and count them after each epoch.

    :class:`LoadPoseImage` with ``on_error='skip'`` leaves its lines in the
    sample that it loads next. They come out of the loader processes with the
    sample, as long as ``skipped_images`` is among the ``meta_keys`` of
    ``PackPoseInputs``.
    """

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        """Log each image once, when the batch that brings its line is done.

        Args:
            runner (Runner): The runner of the training process.
            batch_idx (int): Unused.
            data_batch (dict, optional): With ``data_samples``.
            outputs (dict, optional): Unused.
        """
        for sample in (data_batch or {}).get('data_samples', ()):
            for line in sample.metainfo.get('skipped_images', ()):
                if line not in self._lines:
                    self._lines[line] = None
                    runner.logger.warning(one_line(f'skipped: {line}'))

    def after_train_epoch(self, runner: Runner) -> None:
        """Log how many images were skipped so far, over all processes.

        Args:
            runner (Runner): The runner of the training process.
        """
        lines = list(dict.fromkeys(
            line for part in all_gather_object(list(self._lines))
            for line in part))
        if lines:
            runner.logger.warning(one_line(
                f'{len(lines)} unreadable images were skipped so far; first: '
                f'{lines[0]}'))
