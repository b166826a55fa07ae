"""A faster training step of the ShuffleNetV2 nets on a CPU."""
from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpose.registry import HOOKS
from torch import Tensor

from ...models.backbones import PoseShuffleNetV2, fast_features


@HOOKS.register_module()
class FastBackboneHook(Hook):
    """Train the backbone by :func:`fast_features`.

    Same results within rounding; testing uses the backbone's own forward pass.
    Most is gained where the backbone's batch norms are fixed
    (``norm_eval=True``).
    """

    def before_train(self, runner: Runner) -> None:
        """Put the faster forward pass in front of the backbone's own."""
        for backbone in _shufflenets(runner):
            backbone.forward = _TrainingForward(backbone)

    def after_train(self, runner: Runner) -> None:
        """Take it away."""
        for backbone in _shufflenets(runner):
            del backbone.forward


class _TrainingForward:
    """Forward pass of a backbone: the fast one in training mode only."""

    def __init__(self, backbone: PoseShuffleNetV2) -> None:
        self.backbone = backbone

    def __call__(self, x: Tensor) -> tuple[Tensor, ...]:
        if self.backbone.training:
            return fast_features(self.backbone, x)
        return PoseShuffleNetV2.forward(self.backbone, x)


def _shufflenets(runner: Runner) -> list[PoseShuffleNetV2]:
    """List the ShuffleNetV2 backbones of a model, those of twins included."""
    model = runner.model
    if is_model_wrapper(model):
        model = model.module
    return [module for module in model.modules()
            if isinstance(module, PoseShuffleNetV2)]
