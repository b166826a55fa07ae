"""Learning 16 drawn images by heart: every part of a config at once.

Targets, losses, grouping and evaluation have to fit together for a net to find
again the people that it was shown. How good a net is, it does not say.
"""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.runner import Runner

NUM_IMAGES = 16
NOT_RANDOM = dict(shift_prob=0, scale_prob=0, rotate_prob=0)


def overfit_cfg(config: str | Path,
                work_dir: str | Path,
                size: int,
                steps: int,
                batch_size: int,
                lr: float,
                tag_weight: float,
                seed: int = 0) -> Config:
    """Make the config of such a run: a config's net, losses and grouping.

    The images have the input's size, so that no pixel is changed, and are
    the same in training and testing. Neither augmentation nor flip test: mirror
    images are not among what is learnt.

    Args:
        config (str | Path): A config of LitePose or HigherHRNet.
        work_dir (str | Path): Folder for the logs.
        size (int): Side of the square images in pixels, a multiple of 64.
        steps (int): Steps of training.
        batch_size (int): Images per step.
        lr (float): Learning rate of Adam; it falls as half a cosine.
        tag_weight (float): Weight of the tag losses. That of the recipes,
            0.001, is for hundreds of epochs.
        seed (int): Of the weights and the order of the images.

    Returns:
        Config: For MMEngine's ``Runner``.
    """
    cfg = Config.fromfile(config)
    # From scratch, as PyTorch initializes it: no download.
    cfg.model.backbone.init_cfg = []
    cfg.model.head.tag_loss.loss_weight = tag_weight
    cfg.model.test_cfg.flip_test = False
    images = dict(
        type='SyntheticPeople', data_mode='bottomup', image_size=(size, size),
        num_images=NUM_IMAGES, cache=NUM_IMAGES, seed=0, min_people=2,
        max_people=2, person_height=(0.5, 0.85), poses=('stand', 'walk'))
    cfg.train_dataloader = dict(
        batch_size=batch_size,
        num_workers=0,
        sampler=dict(type='InfiniteSampler', shuffle=True),
        dataset=dict(images, pipeline=_plain(
            cfg.train_dataloader.dataset.pipeline, (size, size))))
    cfg.test_dataloader = dict(
        batch_size=1,
        num_workers=0,
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(images, test_mode=True, pipeline=_plain(
            cfg.test_dataloader.dataset.pipeline, (size, size))))
    cfg.test_evaluator = dict(
        type='PoseCocoMetric', score_mode='bbox', nms_mode='none')
    cfg.val_dataloader = cfg.val_evaluator = cfg.val_cfg = None
    cfg.train_cfg = dict(type='IterBasedTrainLoop', max_iters=steps)
    cfg.optim_wrapper.optimizer.lr = lr
    cfg.param_scheduler = [
        dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=20),
        dict(type='CosineAnnealingLR', eta_min=lr * 0.02, by_epoch=False,
             begin=20, end=steps)
    ]
    cfg.custom_hooks = [dict(type='FiniteLossHook')]
    cfg.default_hooks.checkpoint = None
    cfg.log_processor.by_epoch = False
    cfg.randomness = dict(seed=seed)
    cfg.work_dir = str(work_dir)
    return cfg


def _plain(pipeline: Sequence[dict], size: tuple[int, int]) -> list[dict]:
    """Take chance out of a pipeline and set its input size."""
    plain = []
    for transform in map(dict, pipeline):
        if transform['type'] == 'RandomFlip':
            continue
        if transform['type'] == 'BottomupRandomAffine':
            transform.update(NOT_RANDOM)
        if 'input_size' in transform:
            transform['input_size'] = size
        if 'encoder' in transform:
            transform['encoder'] = [
                _of_size(codec, size) for codec in transform['encoder']
            ]
        plain.append(transform)
    return plain


def _of_size(codec: dict, size: tuple[int, int]) -> dict:
    """Set the input size of a codec and keep its stride."""
    stride = codec['input_size'][0] // codec['heatmap_size'][0]
    return dict(codec, input_size=size,
                heatmap_size=tuple(side // stride for side in size))


def overfit(cfg: Config, weights: str | Path | None = None,
            bf16: bool = False) -> dict[str, float]:
    """Train and evaluate on the same images.

    Args:
        cfg (Config): See :func:`overfit_cfg`.
        weights (str | Path, optional): Where to save the weights.
        bf16 (bool): Whether the net trains in bfloat16, which MMEngine does on
            GPUs only. Losses and evaluation keep 32 bits.

    Returns:
        dict[str, float]: The metrics by name.
    """
    runner = Runner.from_cfg(cfg)
    # Depth-wise convolutions take half the time on a CPU that way.
    runner.model.to(memory_format=torch.channels_last)
    if bf16:
        runner.model.forward = torch.autocast(
            'cpu', torch.bfloat16)(runner.model.forward)
    runner.train()
    if bf16:
        del runner.model.forward
    if weights:
        torch.save(runner.model.state_dict(), weights)
    return runner.test()
