"""The net of a config with the weights of a checkpoint, on torch."""
# ruff: noqa: E402, I001
from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path

import numpy as np
import torch

from ... import datasets, engine, models  # noqa: F401  (before MMPose)
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import MODELS, TRANSFORMS
from mmpose.structures import PoseDataSample

from ...datasets.transforms.resize import check_input_size
from ...engine.checkpoints import load_weights, read_checkpoint
from ...engine.config import load_config
from ...errors import InputError
from ...models.deployed import deployed_cfg
from ..person import Person
from .base import Runtime, checked_image


def pick_device(name: str | None) -> torch.device:
    """Choose where to compute.

    Args:
        name (str | None): Such as ``'cpu'`` or ``'cuda:1'``; None takes a GPU
            where there is one.

    Returns:
        torch.device: The device.

    Raises:
        InputError: There is no such device here.
    """
    if name is None:
        name = 'cuda' if torch.cuda.is_available() else 'cpu'
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = str(error).partition('\n')[0]
        raise InputError(f'device {name!r} cannot be used here ({reason}); '
                         "try 'cpu'") from error
    return device


class TorchRuntime(Runtime):
    """The deployed net of a config, in MMPose's own code.

    Images go through the config's pipeline for testing.

    Args:
        config (str | Path | Config): A config of this project.
        checkpoint (str | Path | Mapping): A checkpoint of that config, pruned
            or not; or what :func:`read_checkpoint` returned.
        device (str | None): See :func:`pick_device`.
        size (int | Sequence[int] | None): Side of the square network input,
            or width and height, in pixels; the config's by default.
        flip_test (bool): Whether :meth:`find_persons` averages over each image
            and its mirror image. It takes twice as long.
        score_thr (float): Persons at or below this score are left out.

    Attributes:
        model (nn.Module): The deployed estimator.

    Raises:
        InputError: The config, the checkpoint, the device or the size cannot
            be used.
    """
    name = 'torch'

    def __init__(self,
                 config: str | Path | Config,
                 checkpoint: str | Path | Mapping,
                 device: str | None = None,
                 size: int | Sequence[int] | None = None,
                 flip_test: bool = False,
                 score_thr: float = 0.3) -> None:
        cfg = config if isinstance(config, Config) else load_config(
            config, 'test_dataloader')
        init_default_scope(cfg.get('default_scope', 'mmpose'))
        self.device = pick_device(device)
        self._transforms = [dict(t) for t in cfg.test_dataloader.dataset.pipeline]
        self._stride = max(cfg.model.head.strides)
        self._set_size(size)
        self.drawing = parse_pose_metainfo(dict(cfg.model.head.metainfo))
        names = self.drawing['keypoint_id2name']
        self.keypoint_names = tuple(names[i] for i in range(len(names)))
        model_cfg = deployed_cfg(cfg.model)
        model_cfg.test_cfg = dict(
            model_cfg.get('test_cfg', {}),
            flip_test=flip_test,
            score_thr=score_thr)
        self.model = MODELS.build(model_cfg).eval()
        if not isinstance(checkpoint, Mapping):
            checkpoint = read_checkpoint(checkpoint)
        load_weights(self.model, checkpoint)
        self.model.to(self.device)

    def _set_size(self, size: int | Sequence[int] | None) -> None:
        """Build the pipeline for testing, at another size if one is given."""
        transforms = [dict(t) for t in self._transforms]
        for transform in transforms:
            if 'input_size' in transform:
                if size is not None:
                    pair = (size, size) if isinstance(size, int) else size
                    transform['input_size'] = check_input_size(pair, self._stride)
                self.size = tuple(transform['input_size'])
        self.pipeline = Compose([TRANSFORMS.build(t) for t in transforms])

    def at_size(self, size: int | Sequence[int]) -> TorchRuntime:
        """See :class:`Runtime`."""
        other = copy(self)
        other._set_size(size)
        return other

    @torch.no_grad()
    def preprocess(self, image: np.ndarray) -> tuple[np.ndarray, PoseDataSample]:
        """See :class:`Runtime`."""
        batch = self.model.data_preprocessor(self._batch([image]), False)
        return batch['inputs'].cpu().numpy(), batch['data_samples'][0]

    @torch.no_grad()
    def net(self, blob: np.ndarray) -> list[np.ndarray]:
        """See :class:`Runtime`."""
        inputs = torch.from_numpy(blob).to(self.device)
        return [m[0].cpu().numpy() for m in self.model(inputs, None, mode='tensor')]

    @torch.no_grad()
    def decode(self, maps: Sequence[np.ndarray], place: PoseDataSample) -> list[Person]:
        """See :class:`Runtime`; without the flip test."""
        head = self.model.head
        found = head.predict_by_maps(
            [[torch.from_numpy(m)[None].to(self.device) for m in maps]],
            head.anchors, head.strides, self.model.test_cfg)
        sample, = self.model.add_pred_to_datasample(found, None, [place])
        return persons_of(sample)

    @torch.no_grad()
    def find_persons(self, images: Sequence[np.ndarray]) -> list[list[Person]]:
        """See :class:`Runtime`; all images in one batch."""
        if not images:
            return []
        samples = self.model.test_step(self._batch(images))
        return [persons_of(sample) for sample in samples]

    def _batch(self, images: Sequence[np.ndarray]) -> dict:
        """Take images through the pipeline."""
        return pseudo_collate([
            self.pipeline(dict(img=checked_image(image), img_id=index))
            for index, image in enumerate(images)
        ])


def persons_of(sample: PoseDataSample) -> list[Person]:
    """Return the persons that an estimator found in an image.

    Args:
        sample (PoseDataSample): What it returned, in pixels of the image.

    Returns:
        list[Person]: Highest score first.
    """
    found = sample.pred_instances
    return [
        Person(box, float(score), keypoints, keypoint_scores)
        for box, score, keypoints, keypoint_scores in zip(
            found.bboxes, found.bbox_scores, found.keypoints,
            found.keypoint_scores, strict=True)
    ]
