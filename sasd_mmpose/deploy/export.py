"""Making a model folder from a config and a checkpoint, through MMDeploy."""
from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor

from .. import compat
from ..engine.checkpoints import read_checkpoint
from ..engine.config import load_config
from ..engine.quiet import quiet_logs
from ..errors import InputError
from ..images import UnreadableImage, read_image
from ..inference.model_description import (
    MODEL_FILES,
    PRECISIONS,
    ModelDescription,
)
from ..inference.model_zoo import project_root
from ..inference.person import Person
from ..inference.runtimes.base import Runtime
from ..inference.runtimes.exported import ExportedRuntime
from ..inference.runtimes.pytorch import TorchRuntime, pick_device
from ..models.deployed import prune_state_dict
from ..visualization.pose_drawer import PoseDrawer
from .description_from_config import description_from_config
from .model_folder import model_folder
from .pnnx import require_pnnx

if TYPE_CHECKING:  # it needs MMDeploy
    from .mmdeploy_task import OneStagePoseDetection

PREVIEW = 'preview.jpg'
PREVIEW_HEIGHT = 480  # pixels
MIN_PREVIEW_WIDTH = 240
ONNX_FILE = 'end2end.onnx'
# Largest relative error of a raw map against torch that is taken for rounding.
TOLERANCES = dict(fp32=1e-4, fp16=1e-2)


class Exported(NamedTuple):
    """What an export gives.

    Attributes:
        folder (Path): The model folder.
        description (ModelDescription): Its description.
        pruned (dict[str, int]): Parts of the checkpoint that stay out of the
            net, and how many numbers each has.
        errors (list[float]): Per level, the largest difference between its
            raw map and torch's, relative to the largest value of torch's. Of
            a dynamic net, the worse of two sizes.
        persons (int): Persons that the net finds in the image.
        torch_persons (int): Persons that torch finds there.
    """
    folder: Path
    description: ModelDescription
    pruned: dict[str, int]
    errors: list[float]
    persons: int
    torch_persons: int


def load_deploy_config(path: str | Path) -> Config:
    """Read a deploy config.

    Args:
        path (str | Path): A file, or the name of one in ``configs/deploy``,
            such as ``'ncnn_static-512'``.

    Raises:
        InputError: There is no such file, or it is none.
    """
    if not Path(path).is_file():
        folder = project_root() / 'configs' / 'deploy'
        known = {p.stem.removeprefix('pose_'): p
                 for p in sorted(folder.glob('*.py'))}
        if str(path) not in known:
            raise InputError(f'{path}: no such deploy config file; those of the '
                             f'project are {", ".join(known)}')
        path = known[str(path)]
    cfg = Config.fromfile(path)
    for key in ('codebase_config', 'backend_config', 'onnx_config'):
        if key not in cfg:
            raise InputError(f'{path}: not a deploy config: it has no key '
                             f'"{key}"; take one of configs/deploy')
    precision = cfg.backend_config.setdefault('precision', 'fp32')
    if precision == 'int8' and cfg.backend_config.type != 'onnxruntime':
        raise InputError(f'{path}: int8 is made for backend onnxruntime only')
    if precision not in PRECISIONS:
        raise InputError(f'{path}: backend_config.precision={precision!r}; take '
                         f'one of {", ".join(PRECISIONS)}')
    return cfg


def export_model(deploy_cfg: str | Path,
                 model_cfg: str | Path,
                 checkpoint: str | Path,
                 image: str | Path,
                 work_dir: str | Path,
                 device: str = 'cpu',
                 calibration: str | Path | None = None,
                 log_level: str = 'ERROR') -> Exported:
    """Export a net, and compare what was written with torch.

    The folder holds the new model once all of it is there and right, and
    until then what it held before.

    Args:
        deploy_cfg (str | Path): A deploy config.
        model_cfg (str | Path): The config that the net was trained with.
        checkpoint (str | Path): Its weights, pruned or not.
        image (str | Path): An image, on which both are compared.
        work_dir (str | Path): The model folder; see :func:`model_folder`.
        device (str): Where torch computes.
        calibration (str | Path | None): What an int8 net is calibrated on: a
            folder of images, or a config for its training set; ``model_cfg``
            by default.
        log_level (str): Least level of what MMDeploy logs that is shown.

    Raises:
        InputError: One of the files cannot be used, the net cannot take the
            input size, the converter is missing or fails, the folder holds
            something else, or the raw maps differ from torch's.
    """
    deploy = load_deploy_config(deploy_cfg)
    model = load_config(model_cfg, 'test_dataloader')
    backend, precision = deploy.backend_config.type, deploy.backend_config.precision
    images = ()
    if precision == 'int8':
        from .quantization import calibration_images, quantize
        images = calibration_images(
            calibration or model_cfg, deploy.backend_config.calibration_images)
    pick_device(device)
    try:
        image = read_image(image)
    except UnreadableImage as error:
        raise InputError(str(error)) from error
    weights = read_checkpoint(checkpoint)
    with model_folder(Path(work_dir)) as folder, _quiet(log_level):
        task = _convert(deploy, model, weights, image, folder, device)
        description = description_from_config(
            model, name=Path(model_cfg).stem, backend=backend, precision=precision,
            size=task.input_size, dynamic=task.dynamic, checkpoint=Path(checkpoint))
        description.write(folder)
        if images:
            quantize(folder / ONNX_FILE, description.input, images)
        reference = TorchRuntime(
            model, weights, device, task.input_size,
            score_thr=description.thresholds.score)
        report = _compare(reference, ExportedRuntime.from_dir(folder), image,
                          folder)
    return report._replace(
        folder=Path(work_dir), pruned=_left_out(weights['state_dict']))


@contextmanager
def _quiet(log_level: str) -> Iterator[None]:
    """Leave out lesser messages, and warnings that exporters always give."""
    with quiet_logs(getattr(logging, log_level) - 1), warnings.catch_warnings():
        warnings.simplefilter('ignore', torch.jit.TracerWarning)
        warnings.simplefilter('ignore', DeprecationWarning)
        warnings.simplefilter('ignore', FutureWarning)
        warnings.filterwarnings('ignore', message='.*legacy TorchScript.*')
        yield


def _convert(deploy: Config, model: Config, weights: Mapping, image: np.ndarray,
             folder: Path, device: str) -> OneStagePoseDetection:
    """Run MMDeploy, and return its task."""
    compat.mend_mmdeploy()
    from mmdeploy.apis import build_task_processor, torch2onnx
    from mmdeploy.apis.utils import to_backend

    from .mmdeploy_task import plain_ir_cfg, uses_pnnx
    if uses_pnnx(deploy):
        require_pnnx()  # before the work that would be lost without it
    init_default_scope('mmpose')
    task = build_task_processor(model, deploy, device)
    torch2onnx(image, str(folder), ONNX_FILE, plain_ir_cfg(deploy), model,
               weights, device)
    backend = deploy.backend_config.type
    if MODEL_FILES[backend] != (ONNX_FILE, ):
        to_backend(backend, [str(folder / ONNX_FILE)], str(folder),
                   deploy_cfg=deploy, device=device)
        (folder / ONNX_FILE).unlink()
    return task


def _left_out(weights: Mapping[str, Tensor]) -> dict[str, int]:
    """Count the numbers of a checkpoint that the deployed net does not have."""
    kept = prune_state_dict(weights)
    parts: dict[str, int] = {}
    for name, weight in weights.items():
        if name not in kept:
            part = name.partition('.')[0]
            parts[part] = parts.get(part, 0) + weight.numel()
    return parts


def _compare(reference: TorchRuntime, exported: ExportedRuntime,
             image: np.ndarray, folder: Path) -> Exported:
    """Compare an exported net with torch on an image, and draw what both find.

    Raises:
        InputError: The raw maps differ by more than rounding.
    """
    description = exported.description
    errors = _map_errors(reference, exported, image)
    if description.input.dynamic:
        step = description.input.divisor
        other = exported.size[0] + 2 * step, exported.size[1] + step
        errors = [max(pair) for pair in zip(errors, _map_errors(
            reference.at_size(other), exported.at_size(other), image))]
    tolerance = TOLERANCES.get(description.precision, np.inf)
    if not max(errors) <= tolerance:
        raise InputError(
            f'{description.backend} and torch differ by {max(errors):.1e} of the '
            f'largest value, {tolerance:g} is rounding; try other versions of '
            f'{", ".join(description.versions)}')
    torch_persons, = reference.find_persons([image])
    persons, = exported.find_persons([image])
    write_preview(folder / PREVIEW, image, PoseDrawer(
        exported.drawing, description.thresholds.keypoint), {
            'torch': torch_persons,
            f'{description.backend} {description.precision}': persons})
    return Exported(folder, description, {}, errors, len(persons),
                    len(torch_persons))


def _map_errors(reference: Runtime, exported: Runtime,
                image: np.ndarray) -> list[float]:
    """Compare the raw maps of two runtimes; see ``Exported.errors``."""
    expected, found = (runtime.net(runtime.preprocess(image)[0])
                       for runtime in (reference, exported))
    return [relative_error(*maps) for maps in zip(found, expected, strict=True)]


def relative_error(found: np.ndarray, wanted: np.ndarray) -> float:
    """Largest difference between two maps, relative to the largest value."""
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def write_preview(path: Path, image: np.ndarray, drawer: PoseDrawer,
                  found: Mapping[str, Sequence[Person]]) -> None:
    """Draw the persons of several nets side by side, each under its title.

    Args:
        path (Path): The image to write.
        image (np.ndarray): (H, W, 3), BGR, uint8.
        drawer (PoseDrawer): Draws the skeletons.
        found (Mapping[str, Sequence[Person]]): Name of each net -> its persons.

    Raises:
        InputError: It cannot be written.
    """
    columns = []
    scale = PREVIEW_HEIGHT / image.shape[0]
    size = (max(round(image.shape[1] * scale), MIN_PREVIEW_WIDTH), PREVIEW_HEIGHT)
    for title, persons in found.items():
        drawn = cv2.resize(drawer(image, persons), size,
                           interpolation=cv2.INTER_AREA)
        strip = np.full((30, size[0], 3), 255, np.uint8)
        cv2.putText(strip, f'{title}: {len(persons)} people', (6, 21),
                    cv2.FONT_HERSHEY_SIMPLEX, 0.6, (40, 40, 40), 1, cv2.LINE_AA)
        columns.append(cv2.copyMakeBorder(
            np.vstack([strip, drawn]), 0, 4, 4, 4, cv2.BORDER_CONSTANT,
            value=(255, 255, 255)))
    if not cv2.imwrite(str(path), np.hstack(columns),
                       [cv2.IMWRITE_JPEG_QUALITY, 88]):
        raise InputError(f'{path}: cannot be written; is the disk full?')
