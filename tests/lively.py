"""Weights that keep every layer of a net busy, the same ones everywhere."""
from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from small_nets import CONFIGS
from torch import nn

from sasd_mmpose.engine.config import load_config
from sasd_mmpose.models import deployed_cfg

SPREAD = 1.3
SHARE_FOUND = 0.01  # predictions whose score is above 0.3


def set_lively(model: nn.Module, image: np.ndarray, seed: int = 0) -> None:
    """Give a net weights and statistics that no layer is blind to.

    They come from numpy, whose generators give the same numbers in every
    version. The head finds some persons in any image.

    Args:
        model (nn.Module): A deployed estimator.
        image (np.ndarray): (H, W, 3), uint8.
        seed (int): Seed of the weights.
    """
    rng = np.random.default_rng(seed)

    def draw(low: float, high: float, tensor: torch.Tensor) -> None:
        values = rng.uniform(low, high, tuple(tensor.shape))
        tensor.data.copy_(torch.from_numpy(values))

    for name, module in sorted(model.named_modules()):
        if isinstance(module, nn.Conv2d):
            bound = (6 / module.weight[0].numel())**0.5
            draw(-bound, bound, module.weight)
            if name.endswith('.out'):
                draw(-0.3, 0.3, module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            draw(0.7, 1.3, module.weight)
            draw(-0.2, 0.2, module.bias)
            module.momentum = 1.0
    # Statistics of this image, so that nothing vanishes or explodes on its way.
    square = cv2.resize(image, (192, 192))
    blob = torch.from_numpy(np.ascontiguousarray(square.transpose(2, 0, 1)))
    blob = blob[None].float() / 255
    blobs = torch.cat([blob, blob.flip(2), blob.flip(3), 1 - blob])
    with torch.no_grad():
        model.train()(blobs, None, mode='tensor')
        for module in model.eval().modules():
            if isinstance(module, nn.BatchNorm2d):
                # One for the layer: a channel that hardly varies would come
                # out as magnified rounding, as in no net that was trained.
                module.running_var.fill_(SPREAD * module.running_var.mean())
        for level, raw in zip(model.head.levels, model(blob, None, mode='tensor')):
            objectness = raw.view(3, -1, *raw.shape[2:])[:, 4].flatten(1)
            bias = level.out.bias.data.view(3, -1)
            bias[:, 4] += math.log(0.3 / 0.7) - objectness.quantile(
                1 - SHARE_FOUND, dim=1)


def write_lively(config: str, path: Path, image: np.ndarray) -> Path:
    """Write a checkpoint of a config's deployed net; see :func:`set_lively`."""
    init_default_scope('mmpose')
    cfg = load_config(CONFIGS / f'{config}.py')
    model = MODELS.build(deployed_cfg(cfg.model))
    set_lively(model, image)
    torch.save(dict(state_dict=model.state_dict(), meta={}), path)
    return path
