"""Pruned inference: the net without what only training needs (section III-A)."""
from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from copy import deepcopy

from mmengine.config import ConfigDict
from mmpose.registry import MODELS
from torch import Tensor

from .distillers import TRAINING_ONLY


def deployed_cfg(model_cfg: Mapping) -> ConfigDict:
    """Turn the ``model`` of a training config into that of the deployed net.

    Args:
        model_cfg (Mapping): Config of a distiller or of a plain estimator.

    Returns:
        ConfigDict: Config of a ``BottomupPoseEstimator`` that builds neither
        auxiliary level nor twin nor losses.
    """
    cfg = ConfigDict(deepcopy(dict(model_cfg)))
    model_type = MODELS.get(cfg.type)
    for key in getattr(model_type, 'training_args', ()):
        cfg.pop(key, None)
    cfg.type = 'BottomupPoseEstimator'
    cfg.head.pop('criterion', None)
    if 'data_preprocessor' in cfg:
        cfg.data_preprocessor.pop('batch_augments', None)
    return cfg


def prune_state_dict(state_dict: Mapping[str, Tensor]) -> OrderedDict[str, Tensor]:
    """Drop the weights that the deployed net does not have.

    Args:
        state_dict (Mapping[str, Tensor]): Weights of a trained model.

    Returns:
        OrderedDict[str, Tensor]: Those of the deployed estimator.
    """
    return OrderedDict(
        (name, value) for name, value in state_dict.items()
        if not name.startswith(TRAINING_ONLY))
