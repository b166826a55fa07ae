"""Poses from pictures, by the deployed net."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import MODELS, TRANSFORMS
from mmpose.structures import PoseDataSample

from ..engine.checkpoints import load_deployed
from ..engine.config import check_input_multiple, load_config
from ..errors import InputError
from ..models.deployed import deployed_cfg
from .person import Person


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
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition('\n')[0]
        raise InputError(f'device {name!r} cannot be used here ({reason}); '
                         "try 'cpu'") from error
    return device


class Predictor:
    """The deployed net of a config with the weights of a checkpoint.

    Pictures go through the config's pipeline for testing.

    Args:
        config (str | Path | Config): A config of this project.
        checkpoint (str | Path): A checkpoint of that config, pruned or not.
        device (str | None): See :func:`pick_device`.
        size (int | None): Side of the square network input in pixels; the
            config's by default.
        flip_test (bool): Whether to average over each picture and its mirror
            image. It takes twice as long.
        score_thr (float): Persons below this score are left out.

    Attributes:
        metainfo (dict): Parsed meta information of the keypoints.

    Raises:
        InputError: The config, the checkpoint, the device or the size cannot
            be used.
    """

    def __init__(self,
                 config: str | Path | Config,
                 checkpoint: str | Path,
                 device: str | None = None,
                 size: int | None = None,
                 flip_test: bool = False,
                 score_thr: float = 0.3) -> None:
        cfg = config if isinstance(config, Config) else load_config(
            config, 'test_dataloader')
        init_default_scope(cfg.get('default_scope', 'mmpose'))
        self.device = pick_device(device)
        self.pipeline = self._build_pipeline(cfg, size)
        self.metainfo = parse_pose_metainfo(dict(cfg.model.head.metainfo))
        model_cfg = deployed_cfg(cfg.model)
        model_cfg.test_cfg = dict(
            model_cfg.get('test_cfg', {}),
            flip_test=flip_test,
            score_thr=score_thr)
        self.model = MODELS.build(model_cfg).eval()
        load_deployed(self.model, checkpoint)
        self.model.to(self.device)

    @staticmethod
    def _build_pipeline(cfg: Config, size: int | None) -> Compose:
        """Build the pipeline for testing, at another size if one is given."""
        transforms = [dict(t) for t in cfg.test_dataloader.dataset.pipeline]
        if size is not None:
            check_input_multiple(size, cfg.model)
            for transform in transforms:
                if 'input_size' in transform:
                    transform['input_size'] = (size, size)
        return Compose([TRANSFORMS.build(t) for t in transforms])

    @torch.no_grad()
    def __call__(self, images: Sequence[np.ndarray]) -> list[list[Person]]:
        """Find the persons of each picture.

        Args:
            images (Sequence[np.ndarray]): Pictures as OpenCV gives them:
                grey, BGR or BGRA of 8 or 16 bits, of any size.

        Returns:
            list[list[Person]]: Per picture, the most certain person first.
        """
        if not images:
            return []
        batch = pseudo_collate([
            self.pipeline(dict(img=image, img_id=index))
            for index, image in enumerate(images)
        ])
        samples = self.model.test_step(batch)
        return [persons_of(sample) for sample in samples]


def persons_of(sample: PoseDataSample) -> list[Person]:
    """Return the persons that an estimator found in a picture.

    Args:
        sample (PoseDataSample): What it returned, in pixels of the picture.

    Returns:
        list[Person]: The most certain first.
    """
    found = sample.pred_instances
    return [
        Person(box, float(score), keypoints, keypoint_scores)
        for box, score, keypoints, keypoint_scores in zip(
            found.bboxes, found.bbox_scores, found.keypoints,
            found.keypoint_scores, strict=True)
    ]
