"""Parameter groups of YOLOv5's SGD recipe."""
from __future__ import annotations

import torch.nn as nn
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS
from mmengine.utils.dl_utils.parrots_wrapper import _BatchNorm

BIAS_GROUP = 'bias'


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class YOLOOptimWrapperConstructor:
    """Put weights, batch-norm scales and biases into a group each.

    Only weights decay. Three groups rather than MMEngine's one for each
    parameter keep the optimizer's loop short, and let a warm-up treat biases
    by themselves.

    Args:
        optim_wrapper_cfg (dict): Config of the optimizer wrapper.
        paramwise_cfg (dict | None): Must be None: there is nothing to set.
    """

    def __init__(self,
                 optim_wrapper_cfg: dict,
                 paramwise_cfg: dict | None = None) -> None:
        if paramwise_cfg is not None:
            raise ValueError('YOLOOptimWrapperConstructor takes no paramwise_cfg')
        self.wrapper_cfg = optim_wrapper_cfg.copy()
        self.optimizer_cfg = self.wrapper_cfg.pop('optimizer').copy()
        self.wrapper_cfg.setdefault('type', 'OptimWrapper')

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build the optimizer wrapper for a model.

        Args:
            model (nn.Module): The model, wrapped for several GPUs or not.

        Returns:
            OptimWrapper: With three parameter groups that name their
            ``kind``.
        """
        if is_model_wrapper(model):
            model = model.module
        groups = dict(weight=[], norm=[], bias=[])
        for module in model.modules():
            for name, param in module.named_parameters(recurse=False):
                if param.requires_grad:
                    groups[self._kind(module, name)].append(param)
        decay = self.optimizer_cfg.get('weight_decay', 0.0)
        self.optimizer_cfg['params'] = [
            dict(params=params, kind=kind,
                 weight_decay=decay if kind == 'weight' else 0.0)
            for kind, params in groups.items()
        ]
        optimizer = OPTIMIZERS.build(self.optimizer_cfg)
        return OPTIM_WRAPPERS.build(
            self.wrapper_cfg, default_args=dict(optimizer=optimizer))

    @staticmethod
    def _kind(module: nn.Module, name: str) -> str:
        """Name the group of a parameter."""
        if name == 'bias':
            return BIAS_GROUP
        return 'norm' if isinstance(module, _BatchNorm) else 'weight'
