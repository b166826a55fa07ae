"""Learning a few images by heart: every part of training at once.

What assigns, trains, decodes, suppresses and evaluates must all be right for
a net to find, in images that it was trained on, what it was shown there.
"""
from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config
from mmengine.runner import Runner

from sasd_mmpose.environment import machine
from sasd_mmpose.errors import InputError

# What a small image shows and a short training from scratch can learn:
# people of a third of the image's long side, upright, with most joints.
MIN_HEIGHT = 0.35
MIN_SLENDERNESS = 1.8
MIN_KEYPOINTS = 10

WARMUP_STEPS = 50
FINAL_LR = 0.05  # of the config's


def clear_images(annotations: dict, number: int) -> dict:
    """Keep the first images in which everybody is easy to see.

    Args:
        annotations (dict): Content of a COCO keypoint file.
        number (int): How many to keep.

    Returns:
        dict: The same with so many images, by id, and their persons.

    Raises:
        InputError: There are not so many.
    """
    people: dict[int, list[dict]] = {}
    for ann in annotations['annotations']:
        people.setdefault(ann['image_id'], []).append(ann)

    def is_clear(image: dict) -> bool:
        min_height = MIN_HEIGHT * max(image['width'], image['height'])
        persons = people.get(image['id'], [])
        return bool(persons) and all(
            ann['num_keypoints'] >= MIN_KEYPOINTS and height > min_height
            and height > MIN_SLENDERNESS * width
            for ann in persons for width, height in [ann['bbox'][2:]])

    images = [image for image in annotations['images'] if is_clear(image)]
    if len(images) < number:
        raise InputError(f'{number} images in which everybody is easy to '
                         f'see are wanted, {len(images)} are there')
    images = sorted(images, key=lambda image: image['id'])[:number]
    return dict(
        annotations, images=images,
        annotations=sum((people[image['id']] for image in images), []))


def overfit_config(config: Config, ann_file: str, size: int, steps: int,
                   batch_size: int, folder: Path) -> Config:
    """Make a config train and test on the same images, as they are.

    No augmentation, no twin, and in testing no mirrored pass, since mirror
    images are not among what is learnt. Optimizer and losses stay.

    Args:
        config (Config): One of this project's configs; it is not changed.
        ann_file (str): The images, as a COCO keypoint file.
        size (int): Side of the square network input in pixels.
        steps (int): Steps of training.
        batch_size (int): Images a step.
        folder (Path): For logs.

    Returns:
        Config: The config of such a training.
    """
    cfg = Config(config.to_dict())
    # The very pixels of the test: a net that knows its images by heart is
    # thrown by another way of shrinking them.
    fit = dict(
        type='BottomupRandomAffine', input_size=(size, size),
        scale_type='long', shift_prob=0, rotate_prob=0, scale_prob=0,
        pad_val=114, bbox_keep_corner=False, clip_border=True)
    cfg.model.head.anchors = [
        [[side * size / cfg.input_size[0] for side in anchor]
         for anchor in level] for level in cfg.model.head.anchors
    ]
    cfg.model.test_cfg.flip_test = False
    cfg.train_dataloader.update(
        batch_size=batch_size,
        sampler=dict(type='InfiniteSampler', shuffle=True))
    cfg.train_dataloader.dataset.update(
        ann_file=ann_file,
        pipeline=[cfg.load, fit, cfg.drop_unlabelled, cfg.encode, cfg.pack])
    cfg.test_dataloader.dataset.update(
        data_root=cfg.train_dataloader.dataset.data_root,
        data_prefix=cfg.train_dataloader.dataset.data_prefix,
        ann_file=ann_file,
        pipeline=[
            cfg.load, dict(type='PoseResize', input_size=(size, size)),
            cfg.pack_test
        ])
    cfg.test_evaluator.ann_file = ann_file
    cfg.val_dataloader = cfg.val_evaluator = cfg.val_cfg = None
    cfg.train_cfg = dict(type='IterBasedTrainLoop', max_iters=steps)
    final_lr = FINAL_LR * cfg.optim_wrapper.optimizer.lr
    cfg.param_scheduler = [
        dict(type='LinearLR', start_factor=0.01, by_epoch=False,
             end=WARMUP_STEPS),
        dict(type='CosineAnnealingLR', eta_min=final_lr, by_epoch=False,
             begin=WARMUP_STEPS, end=steps)
    ]
    cfg.custom_hooks = [
        dict(type='SASDStageHook', warmup_epochs=1),
        dict(type='ChannelsLastHook'),
        dict(type='FastBackboneHook'),
        dict(type='FiniteLossHook')
    ]
    cfg.default_hooks.checkpoint = None
    cfg.log_level = 'WARNING'
    cfg.work_dir = str(folder)
    return cfg


def overfit(config: Config, folder: Path, num_images: int = 16,
            size: int = 128, steps: int = 400, batch_size: int = 8,
            seeds: Sequence[int] = (0, ), weights: Path | None = None) -> dict:
    """Train on a few images of a config's training set, and test on them.

    Args:
        config (Config): One of this project's configs, with a COCO file.
        folder (Path): For the chosen images' labels and the logs.
        num_images (int): How many images.
        size (int): Side of the square network input in pixels.
        steps (int): Steps of training.
        batch_size (int): Images a step.
        seeds (Sequence[int]): Seeds of as many trainings.
        weights (Path, optional): Where to save the weights of the last.

    Returns:
        dict: What was done, and ``AP`` of each seed.

    Raises:
        InputError: The data set has no file, or too few such images.
    """
    data = config.train_dataloader.dataset
    if 'ann_file' not in data:
        raise InputError(f'{data.type} has no annotation file; name a config '
                         'of a data set that has one')
    labels = Path(data.data_root) / data.ann_file
    if not labels.is_file():
        raise InputError(f'{labels}: no such file; set SASD_DATA_ROOT to the '
                         'folder of the data sets')
    chosen = folder / 'images.json'
    chosen.write_text(json.dumps(
        clear_images(json.loads(labels.read_text()), num_images)))
    cfg = overfit_config(config, str(chosen.resolve()), size, steps,
                         batch_size, folder)
    start = time.monotonic()
    scores = []
    for seed in seeds:
        cfg.randomness = dict(seed=seed)
        runner = Runner.from_cfg(Config(cfg.to_dict()))
        runner.train()
        scores.append(round(runner.test()['coco/AP'], 4))
    if weights is not None:
        runner.save_checkpoint(
            str(weights.parent), weights.name, save_optimizer=False,
            save_param_scheduler=False, by_epoch=False)
    return dict(
        images=num_images, size=size, steps=steps, batch_size=batch_size,
        seeds=list(seeds), AP=scores, machine=machine(),
        minutes=round((time.monotonic() - start) / 60, 1))
