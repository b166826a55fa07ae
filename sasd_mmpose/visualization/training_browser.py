"""Samples of a config as its training sees them."""
# ruff: noqa: I001
from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from .training_view import TrainingView, view_training_sample  # before MMPose
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import set_random_seed
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS, MODELS

from ..errors import InputError


class TrainingBrowser:
    """The training pipeline and the assignment of a config.

    Args:
        cfg (Config): A config with a distiller or a plain estimator.
        split (str): Whose images to take through the training pipeline:
            ``'train'``, ``'val'`` or ``'test'``.

    Attributes:
        metainfo (dict): Parsed meta information of the keypoints.

    Raises:
        InputError: The config has no such data set, or its files cannot be
            used.
    """

    def __init__(self, cfg: Config, split: str = 'train') -> None:
        for name in ('train', split):
            if cfg.get(f'{name}_dataloader') is None:
                raise InputError(f'{cfg.filename}: no {name}_dataloader in it')
        init_default_scope(cfg.get('default_scope', 'mmpose'))
        self.metainfo = parse_pose_metainfo(dict(cfg.model.head.metainfo))
        self.dataset = DATASETS.build(
            dict(cfg[f'{split}_dataloader'].dataset,
                 test_mode=False,
                 pipeline=cfg.train_dataloader.dataset.pipeline))
        self.model = MODELS.build(cfg.model)

    def views(self, num: int, seed: int = 0) -> Iterator[TrainingView]:
        """Draw images at random and augment them.

        Args:
            num (int): Number of samples; fewer where the set is smaller.
            seed (int): Seed of the choice and of the augmentation. It is set
                for the whole process.

        Yields:
            TrainingView: The samples.
        """
        set_random_seed(seed)
        for index in np.random.permutation(len(self.dataset))[:num]:
            yield view_training_sample(self.model, self.dataset[int(index)])
