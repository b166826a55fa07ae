"""What each level of each twin contributes (paper, Fig. 1)."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import torch
from mmengine.config import Config
from mmengine.evaluator import BaseMetric
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.models.pose_estimators import BottomupPoseEstimator
from mmpose.registry import METRICS, MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from sasd_mmpose.engine.checkpoints import check_state_dict, read_checkpoint
from sasd_mmpose.engine.config import check_input_multiple
from sasd_mmpose.errors import InputError
from sasd_mmpose.models.distillers import SASDDistiller, TwinDistiller
from sasd_mmpose.models.distillers.twins import enlarge


class View(NamedTuple):
    """Some levels of one twin, used alone for prediction.

    Attributes:
        name (str): Such as ``P3`` or ``P'4 P'5 P'6``.
        twin (str): ``'base'`` or ``'high'``.
        levels (tuple[int, ...]): Indices into the twin's maps. Those of the
            high twin are paired with the same indices of the base twin.
    """
    name: str
    twin: str
    levels: tuple[int, ...]


def load_trained(cfg: Config, checkpoint: str | Path) -> BottomupPoseEstimator:
    """Build the net of a training, twins included, with its weights.

    Args:
        cfg (Config): Config of the training.
        checkpoint (str | Path): A checkpoint of it, not pruned.

    Returns:
        BottomupPoseEstimator: In evaluation mode.

    Raises:
        InputError: The checkpoint belongs to another net.
    """
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    model = MODELS.build(deepcopy(cfg.model))
    content = read_checkpoint(checkpoint)
    check_state_dict(model, content['state_dict'], str(checkpoint),
                     content['meta'])
    missing = model.load_state_dict(content['state_dict'], strict=False)
    if missing.missing_keys:
        raise InputError(
            f'{checkpoint}: pruned: {missing.missing_keys[0]} is missing; give '
            'a checkpoint as training wrote it')
    return model.eval()


def make_views(model: BottomupPoseEstimator) -> list[View]:
    """List what is compared: all levels of a twin, and each alone."""
    count = len(model.head.levels)
    twins = [('base', 'P', 3, count)]
    if isinstance(model, SASDDistiller):
        twins.append(('high', "P'", 4, count - (model.aux_level is None)))
    views = []
    for twin, letter, first, number in twins:
        names = [f'{letter}{first + i}' for i in range(number)]
        views.append(View(' '.join(names), twin, tuple(range(number))))
        views += [View(name, twin, (i, )) for i, name in enumerate(names)]
    return views


def twin_maps(model: BottomupPoseEstimator, inputs: Tensor,
              twin: str) -> Sequence[Tensor]:
    """Compute the raw maps of a twin.

    Args:
        model (BottomupPoseEstimator): The net.
        inputs (Tensor): Normalised images at base resolution, (N, 3, H, W).
        twin (str): ``'base'`` or ``'high'``.

    Returns:
        Sequence[Tensor]: The j-th has the shape of the base twin's j-th, and
        is decoded with its anchors and stride into pixels at base resolution.
    """
    if twin == 'base':
        return model.head(model.neck(model.backbone(inputs)))
    return model.high_levels(enlarge(inputs))[1]


def sized(cfg: Config, size: int) -> Config:
    """Return a config that tests at another input size.

    Args:
        cfg (Config): A config.
        size (int): Side of the square input in pixels.

    Returns:
        Config: A new one.

    Raises:
        InputError: No level divides the size.
    """
    check_input_multiple(size, cfg.model)
    cfg = Config(deepcopy(cfg.to_dict()))
    for step in cfg.test_dataloader.dataset.pipeline:
        if 'input_size' in step:
            step.input_size = (size, size)
    return cfg


@torch.no_grad()
def measure_levels(cfg: Config, model: BottomupPoseEstimator, size: int,
                   score_thr: float = 0.05) -> dict:
    """Test each view of a net at an input size.

    Args:
        cfg (Config): Config with a test set.
        model (BottomupPoseEstimator): See :func:`load_trained`.
        size (int): Side of the square base input in pixels.
        score_thr (float): Detections below it are not counted for the shares.

    Returns:
        dict: ``size``; ``images``, their number; ``ap`` by view; ``shares``,
        the part of the detections, after suppression, that each base level
        gives. Without flip test.

    Raises:
        InputError: See :func:`sized`.
    """
    loader = Runner.build_dataloader(sized(cfg, size).test_dataloader)
    views = make_views(model)
    metrics = {view.name: _metric(cfg, loader.dataset) for view in views}
    counts = torch.zeros(len(model.head.levels))
    for batch in loader:
        data = model.data_preprocessor(batch, training=False)
        maps = {twin: twin_maps(model, data['inputs'], twin)
                for twin in {view.twin for view in views}}
        for view in views:
            chosen = [maps[view.twin][i] for i in view.levels]
            samples = _predict(model, view, chosen, data['data_samples'])
            metrics[view.name].process(
                batch, [sample.to_dict() for sample in samples])
        for instances in _instances(model, views[0], maps['base']):
            counts += _level_counts(model, maps['base'], instances, score_thr)
    shares = (counts / counts.sum().clamp(min=1)).tolist()
    number = len(loader.dataset)
    return dict(
        size=size,
        images=number,
        ap={name: round(float(_ap(metric, number)), 5)
            for name, metric in metrics.items()},
        shares={f'P{3 + i}': round(s, 5) for i, s in enumerate(shares)})


def _metric(cfg: Config, dataset) -> BaseMetric:
    metric = METRICS.build(deepcopy(cfg.test_evaluator))
    metric.dataset_meta = dataset.metainfo
    return metric


def _ap(metric: BaseMetric, number: int) -> float:
    """Evaluate a metric; without any detection, AP is 0."""
    scores = metric.evaluate(number)
    return next(v for k, v in scores.items() if k.rpartition('/')[2] == 'AP')


def _instances(model: BottomupPoseEstimator, view: View,
               maps: Sequence[Tensor]) -> list:
    """Decode and suppress the maps of a view; per image."""
    head = model.head
    test_cfg = dict(model.test_cfg or {}, flip_test=False)
    return head.predict_by_maps(
        [maps], [head.anchors[i] for i in view.levels],
        [head.strides[i] for i in view.levels], test_cfg)


def _predict(model: BottomupPoseEstimator, view: View, maps: Sequence[Tensor],
             data_samples: list[PoseDataSample]) -> list[PoseDataSample]:
    """Predict with a view, in pixels of the images."""
    samples = deepcopy(data_samples)
    return model.add_pred_to_datasample(
        _instances(model, view, maps), None, samples)


def _level_counts(model: BottomupPoseEstimator, maps: Sequence[Tensor],
                  instances, score_thr: float) -> Tensor:
    """Count an image's detections by the level whose size their cell has.

    Args:
        model (BottomupPoseEstimator): The net.
        maps (Sequence[Tensor]): The base twin's maps of the whole batch.
        instances (InstanceData): The detections of one of its images.
        score_thr (float): Least score.

    Returns:
        Tensor: Shape (L, ).
    """
    head = model.head
    found = {tuple(box) for box, score in zip(
        instances.bboxes.tolist(), instances.bbox_scores.tolist(), strict=True)
        if score >= score_thr}
    counts = []
    for level in zip(maps, head.anchors, head.strides, strict=True):
        boxes = head.decode(*([part] for part in level)).boxes.flatten(0, 1)
        counts.append(len(found & set(map(tuple, boxes.tolist()))))
    return torch.tensor(counts, dtype=torch.float32)


# -------------------------------------------------------------- gradients


def gradient_shares(cfg: Config, model: BottomupPoseEstimator,
                    num_batches: int = 8) -> dict[str, float]:
    """Measure how much each loss pulls at the weights of the neck.

    Args:
        cfg (Config): Config of the training, for its data.
        model (BottomupPoseEstimator): See :func:`load_trained`.
        num_batches (int): Batches to average over.

    Returns:
        dict[str, float]: Norm of the gradient of each loss, divided by the
        sum over all losses.
    """
    loader_cfg = deepcopy(cfg.train_dataloader)
    loader_cfg.update(num_workers=0, persistent_workers=False)
    loader = Runner.build_dataloader(loader_cfg, seed=0)
    weights = [p for p in model.neck.parameters() if p.requires_grad]
    if isinstance(model, TwinDistiller):
        model.distilling = True
    model.train()
    norms: dict[str, float] = {}
    for losses in _losses(model, loader, num_batches):
        for name, loss in losses.items():
            grads = torch.autograd.grad(
                loss, weights, retain_graph=True, allow_unused=True)
            square = sum(g.square().sum() for g in grads if g is not None)
            norms[name] = norms.get(name, 0.0) + float(square)**0.5
    model.eval()
    total = sum(norms.values()) or 1.0
    return {name: round(norm / total, 5) for name, norm in norms.items()}


def _losses(model: BottomupPoseEstimator, loader,
            num_batches: int) -> Iterator[dict[str, Tensor]]:
    """Yield the losses of some training batches."""
    for _, batch in zip(range(num_batches), loader, strict=False):
        data = model.data_preprocessor(batch, training=True)
        yield model(**data, mode='loss')
