"""What MMDeploy needs to know of the project's nets.

A deploy config names this module in ``codebase_config.module``; MMDeploy
imports it before it looks up the task. The rewriter that MMDeploy has for the
forward of MMPose's estimators leaves exactly the raw maps of the head.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from aenum import extend_enum
from mmdeploy.backend.base import BACKEND_MANAGERS
from mmdeploy.backend.ncnn import NCNNManager
from mmdeploy.backend.ncnn.init_plugins import get_onnx2ncnn_path
from mmdeploy.codebase.mmpose.deploy.pose_detection import (
    MMPOSE_TASK,
    PoseDetection,
)
from mmdeploy.utils import Task, get_backend_config
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmpose.registry import MODELS, TRANSFORMS
from torch import Tensor, nn

from ..datasets.transforms.resize import check_input_size
from ..engine.checkpoints import load_weights, read_checkpoint
from ..inference.model_description import ModelDescription
from ..inference.runtimes.nets import Net, open_net
from ..models.deployed import deployed_cfg
from . import pnnx
from .description_from_config import INPUT_NAME, output_names, test_resize
from .folded_shuffles import fold_shuffles

TASK = 'OneStagePoseDetection'
if TASK not in {task.value for task in Task}:
    extend_enum(Task, 'ONE_STAGE_POSE_DETECTION', TASK)


def uses_pnnx(deploy_cfg: Config) -> bool:
    """Say whether pnnx makes the files that a deploy config asks for."""
    return deploy_cfg.backend_config.type == 'ncnn' and not get_onnx2ncnn_path()


def plain_ir_cfg(deploy_cfg: Config) -> Config:
    """Return the config to export ONNX with.

    For ncnn, MMDeploy rewrites much for its own converter: a ``chunk`` becomes
    a gather of single channels, for instance. pnnx knows what torch writes by
    itself, and makes something else of that.
    """
    if not uses_pnnx(deploy_cfg):
        return deploy_cfg
    return Config(dict(deploy_cfg.to_dict(), backend_config=dict(type='default')))


@BACKEND_MANAGERS.register('ncnn')
class PnnxManager(NCNNManager):
    """ncnn for MMDeploy, with pnnx as its converter.

    MMDeploy's own converter, ``mmdeploy_onnx2ncnn``, is in no wheel of it; a
    user who has built it gets it.
    """

    @classmethod
    def is_available(cls, with_custom_ops: bool = False) -> bool:
        """Say whether nets can be converted; no operator of MMDeploy's own is
        needed for them."""
        return bool(get_onnx2ncnn_path() or pnnx.find_pnnx())

    @classmethod
    def to_backend(cls,
                   ir_files: Sequence[str],
                   work_dir: str,
                   deploy_cfg: Config | None = None,
                   **kwargs) -> list[str]:
        """Convert nets.

        Args:
            ir_files (Sequence[str]): ONNX files.
            work_dir (str): Where to.
            deploy_cfg (Config | None): ``backend_config.precision`` may be
                ``'fp16'``.
            **kwargs: MMDeploy's further arguments.

        Returns:
            list[str]: ``.param`` and ``.bin`` of each.

        Raises:
            InputError: pnnx is missing or fails.
        """
        if get_onnx2ncnn_path():
            return super().to_backend(ir_files, work_dir, **kwargs)
        precision = get_backend_config(deploy_cfg).get('precision', 'fp32')
        written = []
        for file in map(Path, ir_files):
            pair = [Path(work_dir, file.stem + suffix)
                    for suffix in ('.param', '.bin')]
            pnnx.convert(file, *pair, fp16=precision == 'fp16')
            written += map(str, pair)
        return written


class BackendMaps(nn.Module):
    """A deployed net in the place of backbone, neck and convolutions of the head.

    Args:
        net (Net): The net.
    """

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net

    def forward(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Map images (N, 3, H, W) to raw maps (N, channels, H_i, W_i)."""
        # torch.tensor copies: what a net returns is valid until its next call.
        images = [
            [torch.tensor(m) for m in self.net(image[None])]
            for image in np.ascontiguousarray(inputs.cpu())
        ]
        return tuple(torch.stack(level) for level in zip(*images))


@MMPOSE_TASK.register_module(TASK)
class OneStagePoseDetection(PoseDetection):
    """Estimators with a :class:`YOLOPoseHead`, deployed as raw maps.

    The auxiliary level and all else that only training needs is never built.

    Args:
        model_cfg (Config): Config that the net was trained with.
        deploy_cfg (Config): Deploy config. Names of inputs and outputs, and
            the config's own input size where it has none, are filled in.
        device (str): Such as ``'cpu'``.

    Attributes:
        dynamic (bool): Whether the exported net takes other sizes, too.

    Raises:
        InputError: The net cannot take the input size.
    """

    def __init__(self, model_cfg: Config, deploy_cfg: Config,
                 device: str) -> None:
        model_cfg = Config(model_cfg.to_dict(), filename=model_cfg.filename)
        model_cfg.model = deployed_cfg(model_cfg.model)
        model_cfg.model.setdefault('test_cfg', {})
        super().__init__(model_cfg, deploy_cfg, device)
        onnx = deploy_cfg.onnx_config
        onnx.input_names = [INPUT_NAME]
        onnx.output_names = output_names(model_cfg.model)
        onnx.input_shape = list(check_input_size(
            onnx.get('input_shape') or test_resize(model_cfg).input_size,
            max(model_cfg.model.head.strides)))
        self.dynamic = bool(onnx.get('dynamic_axes'))
        if deploy_cfg.backend_config.type == 'ncnn':
            # Its layers take any size, even where the ONNX on the way has one.
            onnx.dynamic_axes = None

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height of the network input in pixels."""
        return tuple(self.deploy_cfg.onnx_config.input_shape)

    def build_pytorch_model(self,
                            model_checkpoint: str | Mapping | None = None,
                            cfg_options: dict | None = None,
                            **kwargs: Any) -> nn.Module:
        """Build the deployed estimator, in the form in which it is exported.

        Args:
            model_checkpoint (str | Mapping | None): Its weights, pruned or not;
                or what :func:`read_checkpoint` returned.
            cfg_options (dict | None): Not used; part of MMDeploy's interface.
            **kwargs: Likewise.

        Raises:
            InputError: The checkpoint cannot be read or is of another net.
        """
        model = MODELS.build(self.model_cfg.model).eval()
        if model_checkpoint is not None:
            load_weights(model, model_checkpoint if isinstance(
                model_checkpoint, Mapping) else read_checkpoint(model_checkpoint))
            fold_shuffles(model)
        return model.to(self.device)

    def build_backend_model(
            self,
            model_files: Sequence[str] | None = None,
            data_preprocessor_updater: Callable | None = None,
            **kwargs: Any) -> nn.Module:
        """Build an estimator that runs exported files.

        Args:
            model_files (Sequence[str]): Files of one model folder.
            data_preprocessor_updater (Callable | None): Not used; part of
                MMDeploy's interface.
            **kwargs: Likewise.

        Returns:
            nn.Module: An estimator with the interface of the one it was
            exported from.
        """
        folder = Path(model_files[0]).parent
        model = self.build_pytorch_model()
        model.backbone = BackendMaps(
            open_net(folder, ModelDescription.read(folder)))
        model.neck = None
        model.head.levels = nn.ModuleList(
            nn.Identity() for _ in model.head.levels)
        return model

    def create_input(self,
                     imgs: str | np.ndarray | Sequence[str | np.ndarray],
                     input_shape: Sequence[int] | None = None,
                     data_preprocessor: nn.Module | None = None,
                     **kwargs: Any) -> tuple[dict, Tensor]:
        """Make a batch of images by the config's pipeline for testing.

        Args:
            imgs (str | np.ndarray | Sequence): Images or their files.
            input_shape (Sequence[int] | None): Width and height of the
                network input; the deploy config's by default.
            data_preprocessor (nn.Module | None): The estimator's; without it
                the images are not normalised yet.
            **kwargs: Not used; part of MMDeploy's interface.

        Returns:
            tuple[dict, Tensor]: The batch, and its ``inputs``: (N, 3, H, W)
            where it went through the preprocessor.
        """
        pipeline = []
        for transform in self.model_cfg.test_dataloader.dataset.pipeline:
            transform = dict(transform)
            if 'input_size' in transform:
                transform['input_size'] = tuple(input_shape or self.input_size)
            pipeline.append(TRANSFORMS.build(transform))
        pipeline = Compose(pipeline)
        imgs = imgs if isinstance(imgs, (list, tuple)) else [imgs]
        batch = pseudo_collate([
            pipeline({'img_path' if isinstance(img, str) else 'img': img,
                      'img_id': index}) for index, img in enumerate(imgs)])
        if data_preprocessor is not None:
            batch = data_preprocessor(batch, False)
        return batch, batch['inputs']
