"""Sizes and mean pose of the persons that a config trains on."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS
from rich.progress import track

from ..errors import InputError
from .anchors import MIN_SIDE, letterboxed_sizes
from .annotation_schema import read_json


def build_labels(cfg: Config, split: str, num_images: int | None = None) -> BaseDataset:
    """Build a data set of a config for its labels: without its pipeline.

    Args:
        cfg (Config): The config.
        split (str): ``'train'``, ``'val'`` or ``'test'``.
        num_images (int | None): Use only so many images, the first ones; of
            each part, where a ``ConcatDataset`` joins several.

    Returns:
        BaseDataset: The data set.

    Raises:
        InputError: The config has no such data set, or its files cannot be
            used.
    """
    loader = cfg.get(f'{split}_dataloader')
    if loader is None:
        raise InputError(f'{cfg.filename}: no {split}_dataloader in it')
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    options = {} if num_images is None else dict(indices=num_images)
    return DATASETS.build(with_pipeline(loader.dataset, [], **options))


def with_pipeline(dataset: dict, pipeline: list[dict], **options: object) -> dict:
    """Give a data set's config another pipeline, or all those that it joins."""
    if 'datasets' in dataset:
        return dict(dataset, datasets=[
            with_pipeline(part, pipeline, **options)
            for part in dataset['datasets']])
    return dict(dataset, pipeline=pipeline, **options)


def person_sizes(dataset: BaseDataset, input_size: Sequence[int]) -> np.ndarray:
    """Measure the persons that become training targets.

    That is, those with a labelled keypoint and a box that is not tiny once
    their image is fitted into the network's input.

    Args:
        dataset (BaseDataset): A data set in COCO's style, bottom-up.
        input_size (Sequence[int]): Width and height of the network's input.

    Returns:
        np.ndarray: Width and height in pixels of the network input, (n, 2).
    """
    boxes, image_sizes = [], []
    for part in getattr(dataset, 'datasets', [dataset]):
        shapes = _image_shapes(part)
        for index in track(range(len(part)), 'labels'):
            info = part.get_data_info(index)
            if 'bbox' in info:
                labelled = (info['keypoints_visible'] > 0).any(axis=1)
                boxes.append(info['bbox'][labelled])
                height, width = info.get('ori_shape') or shapes[info['img_id']]
                image_sizes.append((width, height))
    sizes = letterboxed_sizes(boxes, image_sizes, tuple(input_size))
    return sizes[(sizes >= MIN_SIDE).all(axis=1)]


def _image_shapes(dataset: BaseDataset) -> dict[int, tuple[int, int]]:
    """Read height and width by image id: MMPose's data sets do not keep them."""
    if not dataset.ann_file:
        return {}
    return {image['id']: (image['height'], image['width'])
            for image in read_json(dataset.ann_file)['images']}


def mean_pose(dataset: BaseDataset) -> np.ndarray:
    """Average where each keypoint lies in the box of its person.

    Args:
        dataset (BaseDataset): A data set in COCO's style, bottom-up.

    Returns:
        np.ndarray: x and y relative to the centre of the box, in units of its
        width and height, shape (K, 2); 0 for a keypoint without any label.
    """
    num_keypoints = dataset.metainfo['num_keypoints']
    total, count = np.zeros((num_keypoints, 2)), np.zeros(num_keypoints)
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        for box, points, visible in zip(
                info.get('bbox', ()), info.get('keypoints', ()),
                info.get('keypoints_visible', ())):
            size = box[2:] - box[:2]
            if (size >= MIN_SIDE).all():
                seen = visible > 0
                center = (box[:2] + box[2:]) / 2
                total[seen] += (points[seen] - center) / size
                count += seen
    return total / np.maximum(count, 1)[:, None]
