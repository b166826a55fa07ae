"""The images of a test set: some of them, spread over all or by their people."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from mmengine.config import Config
from mmengine.registry import DATASETS

from sasd_mmpose.engine.config import load_config

from ..images import LabelledImage, labels_of


def read_test_set(config: Path, num_images: int | None) -> Config:
    """Read a config for its test set.

    Args:
        config (Path): The config.
        num_images (int | None): Take so many images; None for all.

    Raises:
        InputError: There is no such config, or it has no test set.
    """
    cfg = load_config(config, 'test_dataloader')
    if num_images is not None:
        cfg.test_dataloader.dataset.indices = num_images
    return cfg


def labelled_images(cfg: Config, count: int | None = None
                    ) -> Iterator[LabelledImage]:
    """Read images of a test set, evenly spread over it.

    Args:
        cfg (Config): Its config.
        count (int | None): How many at most; None for all.

    Raises:
        InputError: The data are missing.
    """
    dataset_cfg = dict(cfg.test_dataloader.dataset)
    dataset_cfg['pipeline'] = [dict(type='LoadPoseImage')]
    dataset = DATASETS.build(dataset_cfg)
    step = 1 if count is None else max(1, len(dataset) // count)
    for index in range(0, len(dataset), step)[:count]:
        sample = dataset[index]
        yield LabelledImage(
            Path(sample['img_path']).name, sample['img'], labels_of(sample))


def by_people(images: Iterator[LabelledImage],
              count_people: Callable[[np.ndarray], int], wanted: Sequence[int],
              each: int) -> dict[int, list[LabelledImage]]:
    """Choose images with so many people.

    Args:
        images (Iterator[LabelledImage]): Images to choose from.
        count_people (Callable): Counts the people of an image.
        wanted (Sequence[int]): Numbers of people.
        each (int): Images of each number at most.

    Returns:
        dict: By number; those that no image has are left out.
    """
    chosen: dict[int, list[LabelledImage]] = {number: [] for number in wanted}
    for sample in images:
        same = chosen.get(count_people(sample.image))
        if same is not None and len(same) < each:
            same.append(sample)
        if all(len(found) == each for found in chosen.values()):
            break
    return {number: found for number, found in chosen.items() if found}
