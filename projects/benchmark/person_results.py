"""Accuracy of anything that finds persons in images, by a config's metric."""
from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from mmengine.config import Config
from mmengine.registry import DATASETS, METRICS

from sasd_mmpose.inference.person import Person

# What decides AP are the doubtful ones, too.
SCORE_THR = 0.001


def evaluate_persons(cfg: Config,
                     find_persons: Callable[[np.ndarray], Sequence[Person]]
                     ) -> tuple[dict[str, float], int]:
    """Compute the metrics of the test set of a config.

    Args:
        cfg (Config): A config of this project.
        find_persons (Callable): Returns the persons in an image (H, W, 3),
            BGR, uint8, down to scores of ``SCORE_THR``.

    Returns:
        tuple[dict[str, float], int]: The metrics, and the number of images.

    Raises:
        InputError: The data are missing, or have another number of keypoints.
    """
    dataset_cfg = dict(cfg.test_dataloader.dataset)
    dataset_cfg['pipeline'] = [dict(type='LoadPoseImage')]
    dataset = DATASETS.build(dataset_cfg)
    metric = METRICS.build(cfg.test_evaluator)
    metric.dataset_meta = dataset.metainfo
    for sample in dataset:
        found = find_persons(sample['img'])
        metric.process([], [dict(
            sample, gt_instances={}, pred_instances=_instances(
                found, dataset.metainfo['num_keypoints']))])
    return metric.evaluate(len(dataset)), len(dataset)


def _instances(persons: Sequence[Person], num_keypoints: int) -> dict[str, np.ndarray]:
    """Put persons in the form of MMPose's predictions; there may be none."""
    columns = zip(*persons) if persons else [()] * len(Person._fields)
    shapes = ((-1, 4), (-1, ), (-1, num_keypoints, 2), (-1, num_keypoints))
    names = ('bboxes', 'bbox_scores', 'keypoints', 'keypoint_scores')
    return {name: np.asarray(column, np.float64).reshape(shape)
            if column else np.zeros((0, *shape[1:]))
            for name, column, shape in zip(names, columns, shapes)}
