"""ShuffleNetV2 without its classifier convolution (paper, section III-A)."""
from __future__ import annotations

from mmengine.model import BaseModule
from mmpose.models.backbones import ShuffleNetV2
from mmpose.registry import MODELS

from ...errors import InputError
from ..defaults import NORM_CFG, SHUFFLE_ACT_CFG


@MODELS.register_module()
class PoseShuffleNetV2(ShuffleNetV2):
    """The three stages of ShuffleNetV2, and further stages on top of them.

    MMPose's own class always builds and runs the last 1x1 convolution of the
    classifier: 0.48 M parameters that a pose net never uses. It is left out.

    Args:
        widen_factor (float): Width of the net, one of 0.5, 1.0, 1.5, 2.0.
        num_extra_stages (int): Stages of one stride-2 shuffle block each that
            follow the third, each twice as wide as the one before. The E
            variant has one: the first half of its P6.
        frozen_stages (int): Stages whose parameters are fixed; -1 for none.
        norm_cfg (dict): Normalisation layer.
        act_cfg (dict): Activation layer.
        norm_eval (bool): Keep batch norms in evaluation mode in training.
        init_cfg (dict | list[dict] | None): Initialisation of the weights.
    """

    def __init__(self,
                 widen_factor: float = 1.0,
                 num_extra_stages: int = 0,
                 frozen_stages: int = -1,
                 norm_cfg: dict = NORM_CFG,
                 act_cfg: dict = SHUFFLE_ACT_CFG,
                 norm_eval: bool = False,
                 init_cfg: dict | list[dict] | None = None) -> None:
        super().__init__(
            widen_factor=widen_factor,
            out_indices=(0, 1, 2),
            frozen_stages=frozen_stages,
            norm_cfg=norm_cfg,
            act_cfg=act_cfg,
            norm_eval=norm_eval,
            init_cfg=init_cfg)
        del self.layers[-1]
        for _ in range(num_extra_stages):
            self.layers.append(self._make_layer(2 * self.in_channels, 1))
        self.out_indices = tuple(range(len(self.layers)))

    def init_weights(self) -> None:
        """Initialise as ``init_cfg`` says; PyTorch's own way without one.

        Raises:
            InputError: The checkpoint that it names is not there.
        """
        # Past MMPose's rule of a normal distribution whose deviation falls
        # with the width: under batch norm it makes the step size of each
        # layer depend on its width.
        try:
            BaseModule.init_weights(self)
        except FileNotFoundError as error:
            raise InputError(
                f'model.backbone.init_cfg: {error} Make it as the comments of '
                'the config say, or name another file') from error

    def train(self, mode: bool = True) -> PoseShuffleNetV2:
        """Set the mode and return the module, as ``nn.Module.train`` does."""
        super().train(mode)
        return self
