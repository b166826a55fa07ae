"""A model that takes part in a benchmark, from image to people."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torch.nn as nn
from mmengine.analysis import FlopAnalyzer
from mmengine.config import Config, ConfigDict
from mmengine.hub import get_config
from mmengine.registry import init_default_scope
from mmengine.utils import get_object_from_string
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

from sasd_mmpose.engine.checkpoints import load_deployed
from sasd_mmpose.engine.config import load_config
from sasd_mmpose.inference.letterbox import Letterbox, Placement
from sasd_mmpose.inference.model_description import (
    InputSpec,
    Keypoint,
    ModelDescription,
    OutputSpec,
    Thresholds,
)
from sasd_mmpose.inference.person import Person
from sasd_mmpose.inference.runtimes.exported import ExportedRuntime
from sasd_mmpose.models import YOLOPoseHead, deployed_cfg

from .catalogue import Entry
from .focus import fold_focus

PACKAGE = 'mmpose::'
COCO = dict(from_file='configs/_base_/datasets/coco.py')
SEED = 0
# Operators that multiply and accumulate; normalisation and upsampling do not.
PRODUCTS = ('conv', 'linear', 'matmul', 'bmm', 'mm', 'addmm', 'einsum')


class Stages(Protocol):
    """What surrounds a net, from an image and to people."""

    def preprocess(self, image: np.ndarray) -> tuple[np.ndarray, Placement]:
        """Timing an image (H, W, 3), BGR, uint8, into the network input.

        Returns:
            tuple[np.ndarray, Placement]: Blob (1, 3, h, w), float32, and where
            the image lies in it.
        """

    def decode(self, maps: Sequence[np.ndarray],
               place: Placement) -> list[Person]:
        """Timing raw maps (C_i, H_i, W_i) into people, in pixels of the image."""


class RawMaps(nn.Module):
    """A pose estimator up to its raw maps, in one flat tuple.

    Args:
        model (nn.Module): A bottom-up estimator of MMPose.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Map (N, 3, H, W) to maps of shape (N, C_i, H_i, W_i)."""
        return tuple(tree_flatten(self.model(inputs, None, mode='tensor'))[0])


def read_config(name: str, root: Path) -> Config:
    """Read a config of the catalogue; see :class:`Entry`."""
    return get_config(name) if name.startswith(PACKAGE) else load_config(
        root / name)


def without_pretrained(cfg: object) -> object:
    """Copy a config without the weights that it would download."""
    if isinstance(cfg, Mapping):
        return ConfigDict({
            key: without_pretrained(value) for key, value in cfg.items()
            if not (key == 'init_cfg' and isinstance(value, Mapping)
                    and value.get('type') == 'Pretrained')})
    if isinstance(cfg, list):
        return [without_pretrained(value) for value in cfg]
    return cfg


@torch.no_grad()
def settle_batch_norms(model: nn.Module, inputs: Tensor) -> None:
    """Set the batch norm statistics of random weights to those of an input.

    Otherwise values fade from layer to layer, to maps without content and to
    numbers so small that some processors are slow with them.

    Args:
        model (nn.Module): The model.
        inputs (Tensor): Images, shape (N, 3, H, W).
    """
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.train()
        norm.momentum = 1.0
    model(inputs, None, mode='tensor')
    for norm, momentum in zip(norms, momenta):
        norm.eval()
        norm.momentum = momentum


class MMPoseStages:
    """What a head of MMPose does after its raw maps, in MMPose's own code.

    Args:
        model (nn.Module): The estimator; its flip test stays off.
        structure (TreeSpec): How the head nests its maps.
        letterbox (Letterbox): Makes the network input.
    """

    def __init__(self, model: nn.Module, structure: TreeSpec,
                 letterbox: Letterbox) -> None:
        self.structure = structure
        self.head = deepcopy(model.head)
        self.test_cfg = dict(model.test_cfg or {}, flip_test=False)
        self.preprocess = letterbox
        size = letterbox.size
        self.sample = PoseDataSample(
            metainfo=dict(input_size=size, img_shape=size[::-1]))

    @torch.inference_mode()
    def decode(self, maps: Sequence[np.ndarray],
               place: Placement) -> list[Person]:
        """Find the people; see :class:`Stages`."""
        nested = tree_unflatten(
            [torch.from_numpy(m)[None] for m in maps], self.structure)
        # The head goes on from here as if it had computed them.
        self.head.forward = lambda feats: nested
        found, = self.head.predict((), [self.sample], self.test_cfg)
        boxes = place.to_image(found.bboxes.reshape(-1, 2, 2))
        return [
            Person(box.reshape(4), float(score), keypoints, keypoint_scores)
            for box, score, keypoints, keypoint_scores in zip(
                boxes, found.bbox_scores, place.to_image(found.keypoints),
                found.keypoint_scores)
        ]


class Candidate:
    """A model with its weights, in evaluation mode.

    Args:
        entry (Entry): Which.
        root (Path): Folder of the repository.
        image (np.ndarray): An image (H, W, 3), BGR, that random weights are
            settled with.

    Attributes:
        net (RawMaps): From the network input to the raw maps.
        stages (Stages): What surrounds it.
        shapes (list[tuple[int, int, int]]): Of the raw maps.

    Raises:
        InputError: The config or the checkpoint cannot be used.
    """

    def __init__(self, entry: Entry, root: Path, image: np.ndarray) -> None:
        self.entry = entry
        cfg = read_config(entry.config, root)
        init_default_scope('mmpose')
        torch.manual_seed(SEED)
        model_cfg = without_pretrained(deployed_cfg(cfg.model))
        self.model = MODELS.build(model_cfg).eval()
        self.metainfo = parse_pose_metainfo(
            dict(model_cfg.head.get('metainfo', COCO)))
        self.input_spec = self._input_spec(model_cfg.data_preprocessor)
        letterbox = Letterbox(self.input_spec, entry.input_size)
        self.example = torch.from_numpy(letterbox(image)[0])
        if entry.checkpoint is None:
            self.model.init_weights()
            settle_batch_norms(self.model, self.example)
        else:
            load_deployed(self.model, root / entry.checkpoint)
        fold_focus(self.model)
        self._fix_positions()
        self.net = RawMaps(self.model).eval()
        with torch.no_grad():
            maps, self.structure = tree_flatten(
                self.model(self.example, None, mode='tensor'))
        self.shapes = [tuple(m.shape[1:]) for m in maps]
        self.stages = self._build_stages(cfg, letterbox)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.entry.name

    @property
    def head(self) -> nn.Module:
        """The head that gives the raw maps."""
        return self.model.head

    def _fix_positions(self) -> None:
        """Let RTMO's neck compute its position encodings for the input size.

        MMPose's own export does so; the neck computes the same as before.
        """
        neck = getattr(self.model, 'neck', None)
        if hasattr(neck, 'switch_to_deploy'):
            neck.switch_to_deploy(dict(input_size=self.entry.input_size[::-1]))

    def _input_spec(self, preprocessor: Mapping) -> InputSpec:
        """Say how the config prepares its images."""
        width, height = self.entry.input_size
        return InputSpec(
            name='in0', width=width, height=height, dynamic=False, divisor=32,
            color='rgb' if preprocessor.get('bgr_to_rgb') else 'bgr',
            mean=list(preprocessor['mean']), std=list(preprocessor['std']),
            pad_value=114)

    def _build_stages(self, cfg: Config, letterbox: Letterbox) -> Stages:
        """Choose what surrounds the net: without torch where there is that."""
        if self.entry.stages is not None:
            return get_object_from_string(self.entry.stages).from_config(cfg)
        if isinstance(self.head, YOLOPoseHead):
            return ExportedRuntime(
                self.describe('ncnn', ()), self._zero_maps)
        return MMPoseStages(self.model, self.structure, letterbox)

    def _zero_maps(self, blob: np.ndarray) -> list[np.ndarray]:
        """Stand in for a net where only its surroundings are asked for."""
        return [np.zeros(shape, np.float32) for shape in self.shapes]

    def describe(self, backend: str, files: Sequence[str]) -> ModelDescription:
        """Describe the net for the runtimes of :mod:`sasd_mmpose.deploy`.

        Args:
            backend (str): What its files are made for.
            files (Sequence[str]): Names of the files.
        """
        width = self.entry.input_size[0]
        strides = [width // shape[2] for shape in self.shapes]
        anchors = [()] * len(strides)
        if isinstance(self.head, YOLOPoseHead):
            anchors = [
                (level * stride).tolist()
                for level, stride in zip(self.head.anchors, self.head.strides)
            ]
        names = self.metainfo['keypoint_id2name']
        return ModelDescription(
            name=self.name, backend=backend, precision='fp32', files=files,
            input=self.input_spec,
            outputs=[
                OutputSpec(f'out{index}', *level)
                for index, level in enumerate(zip(strides, anchors))
            ],
            keypoints=[
                Keypoint(names[index], (0, 0, 0)) for index in sorted(names)
            ],
            skeleton=[], thresholds=Thresholds())

    def complexity(self) -> dict[str, int]:
        """Count parameters and multiply-accumulates at the input size."""
        analyzer = FlopAnalyzer(self.net, self.example)
        analyzer.unsupported_ops_warnings(False)
        analyzer.uncalled_modules_warnings(False)
        counts = analyzer.by_operator()
        return dict(
            params=sum(p.numel() for p in self.model.parameters()),
            macs=int(sum(counts[name] for name in PRODUCTS)))
