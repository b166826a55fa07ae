"""Model, data sets and evaluators that belong together."""
from __future__ import annotations

from mmengine.dataset import BaseDataset
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpose.registry import HOOKS

from ...metainfo import check_agreement


@HOOKS.register_module()
class SameKeypointsHook(Hook):
    """Compare, before any work, what the config states more than once.

    - The head and each data set have their own metainfo. Where they differ,
      keypoints are swapped or weighed wrongly, or do not fit.
    - The evaluator has its own annotation file. Ids of images count from 1 in
      many files, so that another file may well have the same ids.

    A head without metainfo, and data sets that wrap others, pass.
    """

    def before_run(self, runner: Runner) -> None:
        """Check what was built: it was, for all that is to be run.

        Args:
            runner (Runner): The runner.

        Raises:
            InputError: Something differs; the message names the key.
        """
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        head = getattr(getattr(model, 'head', None), 'metainfo', None)
        for part in ('train', 'val', 'test'):
            loop = getattr(runner, f'_{part}_loop')
            # A config still where the loop is not to be run.
            dataloader = getattr(loop, 'dataloader', None)
            if dataloader is None:
                continue
            metainfo = getattr(dataloader.dataset, 'metainfo', None) or {}
            if head and 'num_keypoints' in metainfo:
                check_agreement(head, metainfo, f'{part}_dataloader.dataset')
            self._compare_files(loop, dataloader.dataset)

    @staticmethod
    def _compare_files(loop: object, dataset: BaseDataset) -> None:
        """Look up each image of the data set in the evaluator's file."""
        for metric in getattr(getattr(loop, 'evaluator', None), 'metrics', ()):
            own = getattr(metric, 'ann_file', None)
            if (hasattr(metric, 'check_image') and own is not None
                    and isinstance(dataset, BaseDataset)
                    and own != dataset.ann_file):
                for index in range(len(dataset)):
                    info = dataset.get_data_info(index)
                    metric.check_image(info['img_id'], info.get('img_path'))
