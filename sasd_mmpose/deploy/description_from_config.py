"""The description of a net that is exported, from its config."""
from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from mmengine.config import Config
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import TRANSFORMS

from ..datasets.transforms.resize import PoseResize
from ..environment import versions
from ..errors import InputError
from ..inference.model_description import (
    MODEL_FILES,
    Bone,
    InputSpec,
    Keypoint,
    ModelDescription,
    OutputSpec,
    Thresholds,
)

INPUT_NAME = 'in0'
# Of the packages that shape what is written.
VERSIONED = ('torch', 'mmdeploy', 'onnx', 'pnnx', 'ncnn',
             'onnxruntime')


def output_names(model_cfg: Mapping) -> list[str]:
    """Name the raw maps of a net, finest level first."""
    return [f'out{i}' for i in range(len(model_cfg['head']['strides']))]


def test_resize(cfg: Config) -> PoseResize:
    """Return the transform that fits test images into the input.

    Raises:
        InputError: The config has another one.
    """
    for transform in cfg.test_dataloader.dataset.pipeline:
        if transform['type'] == 'PoseResize':
            return TRANSFORMS.build(dict(transform))
    raise InputError(f'{cfg.filename}: no PoseResize in its pipeline for testing; '
                     'the deployed net knows no other way to fit an image')


def description_from_config(
        cfg: Config, *, name: str, backend: str, precision: str,
        size: tuple[int, int], dynamic: bool, checkpoint: Path
        ) -> ModelDescription:
    """Make the ``deploy.json`` of a net that is exported.

    Args:
        cfg (Config): The config that it was trained with.
        name (str): What to call it.
        backend (str): A key of ``MODEL_FILES``.
        precision (str): One of ``PRECISIONS``.
        size (tuple[int, int]): Width and height of its input in pixels.
        dynamic (bool): Whether other sizes serve, too.
        checkpoint (Path): Where its weights come from.
    """
    head, preprocessor = cfg.model.head, cfg.model.data_preprocessor
    resize = test_resize(cfg)
    test_cfg = cfg.model.get('test_cfg', {})
    thresholds = {
        key: test_cfg[source] for key, source in dict(
            nms_iou='nms_thr', nms_pre='nms_pre', max_people='max_per_img'
        ).items() if source in test_cfg}
    metainfo = parse_pose_metainfo(dict(head.metainfo))
    names = metainfo['keypoint_id2name']
    return ModelDescription(
        name=name,
        backend=backend,
        precision=precision,
        files=MODEL_FILES[backend],
        input=InputSpec(
            name=INPUT_NAME,
            width=size[0],
            height=size[1],
            dynamic=dynamic,
            divisor=max(head.strides),
            color='rgb' if preprocessor.get('bgr_to_rgb') else 'bgr',
            mean=list(preprocessor.mean),
            std=list(preprocessor.std),
            pad_value=resize.pad_val[0]),
        outputs=[
            OutputSpec(output, stride, np.reshape(anchors, (-1, 2)).tolist())
            for output, stride, anchors in zip(
                output_names(cfg.model), head.strides, head.anchors)],
        keypoints=[
            Keypoint(names[i], _plain(metainfo['keypoint_colors'][i]))
            for i in range(metainfo['num_keypoints'])],
        skeleton=[
            Bone(_plain(link), _plain(color)) for link, color in zip(
                metainfo['skeleton_links'], metainfo['skeleton_link_colors'])],
        thresholds=Thresholds(**thresholds),
        versions=versions(VERSIONED),
        source=dict(
            config=Path(cfg.filename).name,
            checkpoint_sha256=hashlib.sha256(
                checkpoint.read_bytes()).hexdigest()))


def _plain(numbers: np.ndarray) -> list[int]:
    """Turn an array into what json can hold."""
    return [int(number) for number in numbers]
