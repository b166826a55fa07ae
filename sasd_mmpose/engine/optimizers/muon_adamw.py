"""Muon for convolutions: more from each step of a short training."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from mmengine.registry import OPTIMIZERS
from torch import Tensor

# Odd polynomial of singular values, steepest at 0: five applications bring all
# but the smallest ones near to 1 (Jordan et al., Muon, 2024).
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
# Root mean square of AdamW's usual update; with it, one learning rate and one
# weight decay do for both (Liu et al., arXiv:2502.16982, Sec. 2.2).
UPDATE_RMS = 0.2


@OPTIMIZERS.register_module()
class MuonAdamW(torch.optim.AdamW):
    """Muon for the weights of convolutions, AdamW for all else.

    Muon replaces the momentum of a matrix by the nearest matrix whose singular
    values are alike, so that a step moves all directions by as much, the rare
    ones too. A convolution's weight (O, I, h, w) is the matrix (O, I h w).
    Depthwise convolutions, batch norms and biases are no matrices, and are
    AdamW's. PyTorch's own Muon takes parameters of two axes only.

    A parameter group with ``orthogonal=False`` is AdamW's too: the layers that
    put out the predictions, whose rows have units of their own. In a config::

        paramwise_cfg=dict(custom_keys={'.out.weight': dict(orthogonal=False)})

    Args:
        params (Iterable): Parameters or parameter groups.
        momentum (float): Decay of Muon's momentum. Nesterov's form is used.
        **kwargs: Of ``torch.optim.AdamW``. ``lr`` and ``weight_decay`` apply
            to both parts.
    """

    def __init__(self, params: Iterable, momentum: float = 0.95, **kwargs) -> None:
        self.momentum = momentum
        super().__init__(params, **kwargs)

    @torch.no_grad()
    def step(self, closure: Callable | None = None) -> float | None:
        """Update all parameters that have a gradient.

        Args:
            closure (Callable | None): Computes the loss anew.

        Returns:
            float | None: What the closure returned.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        gradients = {}
        for group in self.param_groups:
            matrices = [
                param for param in group['params']
                if param.grad is not None and _is_matrix(param, group)
            ]
            self._update_matrices(matrices, group)
            for param in matrices:
                # AdamW passes over a parameter without a gradient.
                gradients[param], param.grad = param.grad, None
        super().step()
        for param, gradient in gradients.items():
            param.grad = gradient
        return loss

    def _update_matrices(self, params: list[Tensor], group: dict) -> None:
        """Take one step of Muon with decoupled weight decay.

        Matrices of one shape are made orthogonal together: for products of
        matrices so small, the calls themselves take much of the time.

        Args:
            params (list[Tensor]): Weights with a gradient, shape (O, I, h, w).
            group (dict): Their parameter group.
        """
        by_shape = defaultdict(list)
        for param in params:
            by_shape[param.flatten(1).shape].append(param)
        for shape, alike in by_shape.items():
            updates = orthogonalize(
                torch.stack([self._nesterov(param) for param in alike]))
            scale = UPDATE_RMS * max(shape)**0.5
            for param, update in zip(alike, updates):
                param.mul_(1 - group['lr'] * group['weight_decay'])
                param.add_(update.view_as(param), alpha=-group['lr'] * scale)

    def _nesterov(self, param: Tensor) -> Tensor:
        """Add the gradient to the momentum; return Nesterov's, (O, I h w)."""
        state = self.state[param]
        if not state:
            # AdamW wants the count of steps when a state is loaded.
            state['step'] = torch.tensor(0.0)
            state['momentum'] = torch.zeros_like(param)
        state['step'] += 1
        momentum = state['momentum'].lerp_(param.grad, 1 - self.momentum)
        return param.grad.lerp(momentum, self.momentum).flatten(1)


def _is_matrix(param: Tensor, group: dict) -> bool:
    """Tell the weight of a convolution over several channels."""
    return (group.get('orthogonal', True) and param.ndim == 4 and param.shape[1] > 1)


def orthogonalize(matrices: Tensor) -> Tensor:
    """Bring the singular values of matrices near to 1, by Newton-Schulz.

    Args:
        matrices (Tensor): Shape (B, O, I).

    Returns:
        Tensor: About U V' of each matrix U S V', shape (B, O, I), in the type
        of ``matrices``; computed in bfloat16, which the iteration bears, on
        devices that multiply fast in it.
    """
    a, b, c = COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.to(_fast_type(matrices))
    x = x.mT if tall else x
    # All singular values at most 1.
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        factor = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.baddbmm(x, factor, x, beta=a)
    return (x.mT if tall else x).to(matrices.dtype)


def has_amx() -> bool:
    """Tell whether PyTorch multiplies bfloat16 by AMX on this processor."""
    # Not public, and not in every release that is supported.
    return getattr(torch.cpu, '_is_amx_tile_supported', bool)()


def _fast_type(matrices: Tensor) -> torch.dtype:
    """Choose bfloat16 for a GPU and for processors with AMX, else float32."""
    return torch.bfloat16 if matrices.is_cuda or has_amx() else torch.float32
