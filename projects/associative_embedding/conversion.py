"""Turning checkpoints of the original projects into ones for these configs."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import Tensor

from sasd_mmpose import InputError
from sasd_mmpose.engine.checkpoints import check_state_dict, read_checkpoint
from sasd_mmpose.engine.config import load_config

# Data parallel training puts the first in front of every name, and training in
# 16 bits the second.
_WRAPPERS = re.compile(r'^(module\.|1\.)+')


def convert_state_dict(weights: Mapping[str, Tensor],
                       rename: Callable[[str], str]) -> dict[str, Tensor]:
    """Rename all weights.

    Args:
        weights (Mapping[str, Tensor]): By their original names.
        rename (Callable): From an original name to the name here.

    Returns:
        dict[str, Tensor]: In 32 bits where they are floating numbers.
    """
    return {
        rename(_WRAPPERS.sub('', name)):
        weight.float() if weight.is_floating_point() else weight
        for name, weight in weights.items()
    }


def convert_checkpoint(config: str | Path, source: str | Path,
                       target: str | Path,
                       rename: Callable[[str], str]) -> int:
    """Convert a checkpoint file, and check that it fits a config's net.

    Args:
        config (str | Path): The config that it is meant for.
        source (str | Path): The original file. Code in it is never run.
        target (str | Path): The file to write.
        rename (Callable): From an original name to the name here.

    Returns:
        int: Number of tensors.

    Raises:
        InputError: ``source`` cannot be read, its weights are not those of the
            config's net, or ``target`` cannot be written.
    """
    cfg = load_config(config)
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    weights = convert_state_dict(read_checkpoint(source)['state_dict'], rename)
    check_state_dict(MODELS.build(cfg.model), weights, str(source), {})
    try:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        torch.save(dict(meta=dict(), state_dict=weights), target)
    except (OSError, RuntimeError) as error:
        raise InputError(f'{target}: cannot be written '
                         f'({error}); name another file') from error
    return len(weights)
