"""A process that times one thing; started by ``measure.py``.

It runs the package and the configs of the checkout that it is told, which may
be an older one: it uses nothing else of this folder, and of the package only
its registration. Each line of its input asks for so many units (samples, or
steps); each line of its output is the CPU time they took, in seconds.
"""
from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import BaseDataset, pseudo_collate
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmpose.registry import DATASETS, MODELS

import sasd_mmpose.registration  # noqa: F401, I001  (before MMPose)


def build_dataset(root: Path, pipeline: str) -> BaseDataset:
    """Build coco_mini's training images with one of the base pipelines.

    Args:
        root (Path): The checkout.
        pipeline (str): Name of a file in ``configs/_base_/pipelines``.
    """
    base = root / 'configs' / '_base_'
    transforms = Config.fromfile(base / 'pipelines' / f'{pipeline}.py')
    config = Config.fromfile(base / 'data' / 'coco_mini.py')
    return DATASETS.build(dict(
        config.train_dataloader.dataset, pipeline=transforms.train_pipeline))


def time_pipeline(root: Path, pipeline: str) -> Callable[[int], None]:
    """Return what runs so many samples of the pipeline.

    Args:
        root (Path): The checkout.
        pipeline (str): See :func:`build_dataset`.
    """
    dataset = build_dataset(root, pipeline)
    order = np.random.default_rng(0).permutation(len(dataset))
    place = 0

    def run(count: int) -> None:
        nonlocal place
        for i in range(place, place + count):
            dataset[int(order[i % len(order)])]
        place += count

    return run


def time_step(root: Path, pipeline: str, batch_size: int, bf16: bool,
              twin: bool) -> Callable[[int], None]:
    """Return what runs so many training steps of XS.

    Args:
        root (Path): The checkout.
        pipeline (str): Whose samples make the batch.
        batch_size (int): Images a step.
        bf16 (bool): Whether the net runs in bfloat16.
        twin (bool): Whether the high-resolution twin takes part.
    """
    dataset = build_dataset(root, pipeline)
    batch = pseudo_collate([dataset[i] for i in range(batch_size)])
    config = Config.fromfile(root / 'configs' / 'sasd_xs_coco.py')
    model = MODELS.build(config.model)
    model.init_weights()
    model.train()
    model.distilling = twin
    wrapper = config.optim_wrapper
    if bf16:
        wrapper = dict(wrapper, type='BFloat16OptimWrapper')
    optimizer = build_optim_wrapper(model, wrapper)

    def run(count: int) -> None:
        for _ in range(count):
            model.train_step(batch, optimizer)

    return run


def main() -> None:
    """Answer each request until there are no more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('root', type=Path, help='the checkout')
    parser.add_argument('pipeline', help='a file of configs/_base_/pipelines')
    parser.add_argument('--step', type=int, metavar='BATCH_SIZE',
                        help='time training steps instead of samples')
    parser.add_argument('--bf16', action='store_true')
    parser.add_argument('--twin', action='store_true')
    args = parser.parse_args()
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    np.random.seed(0)
    answers, sys.stdout = sys.stdout, sys.stderr  # others print as they like
    with DefaultScope.overwrite_default_scope('mmpose'):
        if args.step:
            run = time_step(args.root, args.pipeline, args.step, args.bf16,
                            args.twin)
        else:
            run = time_pipeline(args.root, args.pipeline)
        for line in sys.stdin:
            start = time.process_time()
            run(int(line))
            print(time.process_time() - start, file=answers, flush=True)


if __name__ == '__main__':
    main()
