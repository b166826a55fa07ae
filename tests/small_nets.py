"""Small nets, small images and made-up persons for the tests."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config, ConfigDict
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

import projects.synthetic_people  # noqa: F401  (registers the data set)

CONFIGS = Path(__file__).parents[1] / 'configs'
# The one with anchors for small images.
SMALL = 'sasd_xs_coco_mini'


def model_cfg(name: str = SMALL, **changes) -> ConfigDict:
    """Read the model of a config, with some of its arguments replaced."""
    cfg = Config.fromfile(CONFIGS / f'{name}.py').model
    cfg.update(changes)
    return cfg


def build(cfg: ConfigDict) -> torch.nn.Module:
    """Build a model whose random outputs differ from cell to cell."""
    init_default_scope('mmpose')
    torch.manual_seed(0)
    model = MODELS.build(cfg)
    for name, param in model.named_parameters():
        if name.endswith('.out.weight'):
            torch.nn.init.normal_(param, std=0.2)
    return model


def people(counts: Sequence[int],
           size: tuple[int, int] = (64, 64),
           num_keypoints: int = 17,
           seed: int = 0) -> list[PoseDataSample]:
    """Make up the labels of a batch of training images.

    Args:
        counts (Sequence[int]): Number of persons in each image.
        size (tuple[int, int]): Width and height of the images.
        num_keypoints (int): Number of keypoints.
        seed (int): Seed of places, sizes and visibilities.

    Returns:
        list[PoseDataSample]: Samples as the training pipelines give them.
    """
    rng = np.random.default_rng(seed)
    width, height = size
    samples = []
    for index, count in enumerate(counts):
        extent = rng.uniform((8, 12), (width / 2, height * 0.9), (count, 2))
        first = rng.uniform(0, (width, height) - extent)
        points = first[:, None] + extent[:, None] * rng.uniform(
            size=(count, num_keypoints, 2))
        visible = rng.integers(0, 2, (count, num_keypoints))
        visible[:, 0] = 1
        labels = InstanceData(
            bboxes=np.concatenate([first, first + extent], axis=1),
            keypoints=points, keypoints_visible=visible,
            areas=extent.prod(axis=1) * 0.53)
        sample = PoseDataSample(metainfo=dict(
            img_path=f'image_{index}.jpg', img_shape=(height, width),
            input_size=size, input_center=np.array(size) / 2,
            input_scale=np.array(size)))
        sample.gt_instance_labels = InstanceData(**{
            key: torch.tensor(value, dtype=torch.float32)
            for key, value in labels.items()})
        sample.gt_instances = InstanceData()
        samples.append(sample)
    return samples


def training_cfg(work_dir: str | Path,
                 epochs: int = 1,
                 name: str = 'sasd_xs_coco',
                 num_images: int = 4,
                 size: int = 64) -> Config:
    """Read a config and shrink its training to seconds.

    Recipe, hooks and net stay; the images are small, drawn and never
    augmented, so that an epoch follows from its number alone.

    Args:
        work_dir (str | Path): Where the runner writes.
        epochs (int): Number of epochs; two iterations each by default.
        name (str): The config.
        num_images (int): Number of images.
        size (int): Side of the images in pixels.

    Returns:
        Config: For ``Runner.from_cfg``.
    """
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    cfg.model.head.anchors = model_cfg().head.anchors
    cfg.train_dataloader = dict(
        batch_size=2, num_workers=0,
        sampler=dict(type='DefaultSampler', shuffle=True),
        dataset=dict(
            type='SyntheticPeople', num_images=num_images,
            image_size=(size, size), max_people=2, person_height=(0.5, 0.9),
            metainfo=cfg.model.head.metainfo, pipeline=[
                cfg.load, cfg.drop_unlabelled, cfg.encode, cfg.pack]))
    cfg.custom_imports.imports = [
        'sasd_mmpose.registration', 'projects.synthetic_people']
    cfg.train_cfg = dict(by_epoch=True, max_epochs=epochs)
    cfg.default_hooks.checkpoint = dict(type='CheckpointHook', interval=1)
    cfg.default_hooks.logger.interval = 1
    cfg.env_cfg.dist_cfg.backend = 'gloo'
    for part in 'val', 'test':
        for key in 'dataloader', 'evaluator', 'cfg':
            cfg[f'{part}_{key}'] = None
    cfg.work_dir = str(work_dir)
    cfg.randomness = dict(seed=0)
    return cfg
