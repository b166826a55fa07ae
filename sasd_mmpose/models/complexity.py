"""Parameters and multiply-accumulates of a net."""
from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn as nn
from mmengine.analysis import FlopAnalyzer
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import Tensor

from . import deployed_cfg


class Complexity(NamedTuple):
    """Cost of one net at one input size.

    Attributes:
        params (int): Number of parameters, those of batch norms included.
        macs (int): Multiply-accumulates of all convolutions.
        size (int): Side of the square network input in pixels.
    """
    params: int
    macs: int
    size: int


class _RawMaps(nn.Module):
    """Everything of a model that is trained or deployed, up to the maps."""

    def __init__(self, model: nn.Module, aux: bool) -> None:
        super().__init__()
        self.model = model
        self.aux = aux and getattr(model, 'aux_level', None) is not None

    def forward(self, inputs: Tensor) -> tuple[Tensor, ...]:
        if self.aux:
            return tuple(self.model.unpruned_maps(inputs))
        return self.model(inputs, None, mode='tensor')


def model_complexity(model_cfg: Mapping, size: int, aux: bool = False) -> Complexity:
    """Count parameters and multiply-accumulates.

    Args:
        model_cfg (Mapping): The ``model`` of a config.
        size (int): Side of the square network input in pixels.
        aux (bool): Count what is trained, auxiliary level and twin included,
            rather than what is deployed. The multiply-accumulates are those
            of one forward pass of all levels.

    Returns:
        Complexity: The counts.
    """
    init_default_scope('mmpose')
    cfg = model_cfg if aux else deployed_cfg(model_cfg)
    model = MODELS.build(cfg).eval()
    analyzer = FlopAnalyzer(_RawMaps(model, aux), torch.zeros(1, 3, size, size))
    analyzer.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return Complexity(
        params=sum(p.numel() for p in model.parameters()),
        macs=int(analyzer.by_operator()['conv']),
        size=size)
