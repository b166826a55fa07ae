"""Parameter groups by settings instead of one for each parameter."""
from __future__ import annotations

import torch.nn as nn
from mmengine.optim import DefaultOptimWrapperConstructor
from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class MergedOptimWrapperConstructor(DefaultOptimWrapperConstructor):
    """MMEngine's constructor, with parameters of equal settings in one group.

    With a ``paramwise_cfg`` MMEngine makes a group for each parameter, so that
    fused and foreach optimizers have nothing to work on at once. Arguments and
    updates are the same.
    """

    def add_params(self,
                   params: list[dict],
                   module: nn.Module,
                   prefix: str = '',
                   is_dcn_module: int | float | None = None) -> None:
        """Collect the groups of a module; merge them for the whole model.

        Args:
            params (list[dict]): Groups so far; those of ``module`` are added.
            module (nn.Module): The module.
            prefix (str): Its name; empty for the whole model.
            is_dcn_module (int | float | None): See MMEngine.
        """
        super().add_params(params, module, prefix, is_dcn_module)
        if not prefix:
            params[:] = merge_groups(params)


def merge_groups(groups: list[dict]) -> list[dict]:
    """Join parameter groups that differ in nothing but their parameters.

    Args:
        groups (list[dict]): Groups with ``params`` and settings.

    Returns:
        list[dict]: One group for each set of settings, in the order in which
        they first come.
    """
    merged: dict[tuple, dict] = {}
    for group in groups:
        settings = {key: value for key, value in group.items() if key != 'params'}
        joint = merged.setdefault(
            tuple(sorted(settings.items())), dict(settings, params=[]))
        joint['params'] += group['params']
    return list(merged.values())
