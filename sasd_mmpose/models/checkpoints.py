"""Whether weights belong to a net."""
from __future__ import annotations

import re
from collections.abc import Mapping

import torch.nn as nn
from torch import Tensor

from ..errors import InputError
from .distillers import TRAINING_ONLY

# The only layers whose shape depends on the number of keypoints.
_HEAD_OUTPUT = re.compile(r'(head\.levels\.\d+|aux_level\.head)\.out\.')


def _variant(meta: Mapping) -> str:
    """Say which experiment a checkpoint comes from, if it tells."""
    name = meta.get('experiment_name')
    # MMEngine appends date and time to the name of the config.
    return '' if not name else (
        f' (its run was called {re.sub(r"_[0-9]{8}_[0-9]{6}$", "", name)})')


def differing_weights(expected: Mapping[str, Tensor],
                      weights: Mapping[str, Tensor]) -> list[str]:
    """Name the weights that only one has, or that differ in shape, sorted."""
    return sorted(
        name for name in expected.keys() | weights.keys()
        if name not in expected or name not in weights
        or expected[name].shape != weights[name].shape)


def check_state_dict(model: nn.Module,
                     state_dict: Mapping[str, Tensor],
                     source: str,
                     meta: Mapping,
                     head_may_differ: bool = False) -> None:
    """Raise unless the weights are those of the model.

    Args:
        model (nn.Module): The model they are meant for.
        state_dict (Mapping[str, Tensor]): The weights.
        source (str): Where they come from, for the message.
        meta (Mapping): The ``meta`` of the checkpoint, for the message.
        head_may_differ (bool): Whether the layers that depend on the number
            of keypoints may have another shape.

    Raises:
        InputError: If a weight is missing, left over or of another shape.
            Weights that only training needs may be missing or left over.
    """
    odd = [name for name in differing_weights(model.state_dict(), state_dict)
           if not name.startswith(TRAINING_ONLY)]
    if head_may_differ:
        odd = [name for name in odd if not _HEAD_OUTPUT.match(name)]
    if odd:
        raise InputError(
            f'{source}: not a checkpoint of this model: {len(odd)} weights are '
            f'missing, left over or of another shape, {odd[0]} among them; '
            f'use the config it was trained with{_variant(meta)}')
