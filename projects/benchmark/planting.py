"""Raw maps in which a benchmark's nets would have found the people.

Grouping, decoding and suppression take as long as there is something to
decode, and a net with random weights finds nothing or everything. So the net
is timed on the image, and what follows it is timed on maps into which the
labelled people of that image are encoded, as they would stand in the maps of
a net that finds them.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from mmpose.models.heads import AssociativeEmbeddingHead
from mmpose.models.heads.hybrid_heads import YOLOXPoseHead
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_unflatten

from sasd_mmpose.models import YOLOAnchorAssigner, YOLOPoseHead
from sasd_mmpose.models.task_modules import DecodedPoses, GroundTruth, level_targets

from .candidate import Candidate
from .images import Labels

SEED = 0
# Logits of what is not there, and the range of those of what is.
ABSENT = -8.0
PRESENT = (1.0, 4.0)
# Heatmaps: width of a peak in cells, range of its height, distance of tags.
SIGMA = 2.0
PEAK = (0.5, 0.95)
TAG_STEP = 4.0
# Deviation of the noise on heatmaps and tags. Labels are whole pixels, and of
# two cells that are exactly as high both would be peaks.
HEATMAP_NOISE = 1e-3
TAG_NOISE = 2e-2
# RTMO: deviation of the noise that stands for its pose vectors.
VECTOR_SCALE = 10.0
# Anchor-free heads: longest side in cells of the level that takes a person.
MAX_CELLS = 16
# Maps that are decoded already: cells that find a person, and their scores.
CELLS_EACH = 10
SCORES = (0.5, 0.95)


def plant(candidate: Candidate, labels: Labels) -> list[np.ndarray]:
    """Encode people into raw maps.

    Args:
        candidate (Candidate): Whose maps.
        labels (Labels): The people, in pixels of the network input.

    Returns:
        list[np.ndarray]: Float32 maps of shape (C_i, H_i, W_i).

    Raises:
        TypeError: It has a head of another kind.
    """
    rng = np.random.default_rng(SEED)
    for kind, encode in ENCODERS.items():
        if isinstance(candidate.head, kind):
            maps = encode(candidate, labels, rng)
            return [np.ascontiguousarray(m, np.float32) for m in maps]
    raise TypeError(f'{candidate.name}: no way to encode people for a '
                    f'{type(candidate.head).__name__}')


def plant_decoded(shape: tuple[int, int], labels: Labels) -> np.ndarray:
    """Make the output of a net that decodes its people itself.

    Args:
        shape (tuple[int, int]): Channels, 5 + 3 K, and cells.
        labels (Labels): The people, in pixels of the network input.

    Returns:
        np.ndarray: Float32, of this shape; each cell holds the centre, width and
        height of a box, its score, then x, y and score of each keypoint.
    """
    rng = np.random.default_rng(SEED)
    count = len(labels.boxes)
    points = np.concatenate([labels.keypoints, labels.visible[..., None]], axis=2)
    people = np.concatenate(
        [_centred(labels.boxes), np.zeros((count, 1)),
         points.reshape(count, shape[0] - 5)], axis=1)
    raw = np.zeros(shape, np.float32)
    cells = rng.choice(shape[1], CELLS_EACH * count, replace=False)
    raw[:, cells] = people.repeat(CELLS_EACH, axis=0).T
    raw[4, cells] = rng.uniform(*SCORES, len(cells))
    return raw


def _centred(boxes: np.ndarray) -> np.ndarray:
    """Turn corners (x1, y1, x2, y2) into centre, width and height; (n, 4)."""
    first, last = boxes[:, :2], boxes[:, 2:]
    return np.concatenate([(first + last) / 2, last - first], axis=1)


def _anchor_maps(candidate: Candidate, labels: Labels,
                 rng: np.random.Generator) -> list[np.ndarray]:
    """Every positive of the assignment predicts its person."""
    head = candidate.head
    boxes = torch.from_numpy(_centred(labels.boxes))
    visible = torch.from_numpy(labels.visible).float()
    truth = GroundTruth(
        image=torch.zeros(len(boxes), dtype=torch.long),
        boxes=boxes,
        keypoints=torch.from_numpy(labels.keypoints), visible=visible)
    maps = []
    for (channels, *grid), anchors, stride in zip(
            candidate.shapes, head.anchors, head.strides):
        targets = level_targets(
            truth, YOLOAnchorAssigner(), anchors, stride, tuple(grid))
        raw = head.coder.encode(
            DecodedPoses(
                targets.boxes,
                torch.from_numpy(rng.uniform(*PRESENT, len(targets.row))),
                targets.keypoints,
                torch.where(targets.visible > 0, max(PRESENT), ABSENT)),
            targets.anchor_sizes).float()
        level = torch.zeros(len(anchors), head.coder.num_channels, *grid)
        level[:, 4] = ABSENT
        level[targets.anchor, :, targets.row, targets.col] = raw
        maps.append(level.reshape(channels, *grid).numpy())
    return maps


def _heatmaps(candidate: Candidate, labels: Labels,
              rng: np.random.Generator) -> list[np.ndarray]:
    """A peak for each labelled keypoint; around it, the tag of its person."""
    num_keypoints = labels.keypoints.shape[1]
    width, height = candidate.entry.input_size
    maps = []
    for channels, rows, cols in candidate.shapes:
        level = rng.normal(0, HEATMAP_NOISE, (channels, rows, cols))
        level[num_keypoints:] = rng.normal(
            0, TAG_NOISE, level[num_keypoints:].shape)
        y, x = np.mgrid[:rows, :cols]
        # The centre of a cell is half a cell from its corner.
        points = labels.keypoints * (cols / width, rows / height) - 0.5
        for keypoint in np.flatnonzero(labels.visible.any(axis=0)):
            people = np.flatnonzero(labels.visible[:, keypoint])
            column, row = points[people, keypoint].T[..., None, None]
            distances = (x - column)**2 + (y - row)**2
            heights = rng.uniform(*PEAK, (len(people), 1, 1))
            level[keypoint] += (
                heights * np.exp(-distances / (2 * SIGMA**2))).max(axis=0)
            if channels == 2 * num_keypoints:
                level[num_keypoints + keypoint] += (
                    TAG_STEP * people[distances.argmin(axis=0)])
        maps.append(level)
    return maps


def _point_maps(candidate: Candidate, labels: Labels,
                rng: np.random.Generator) -> list[np.ndarray]:
    """The cells around the centre of a person predict it.

    RTMO's pose vectors, which its decoding turns into keypoints, cannot be
    made from keypoints: they are noise, and its people have boxes only.
    """
    head = candidate.head
    shapes = [torch.zeros(shape) for shape in candidate.shapes]
    nested = tree_unflatten(shapes, candidate.structure)
    is_rtmo = len(nested[2]) == 0
    if is_rtmo:
        scores, boxes, points, visible, vectors = nested
        for level in vectors:
            level.copy_(torch.from_numpy(rng.normal(0, VECTOR_SCALE, level.shape)))
        sure = [scores]
    else:
        scores, objectness, boxes, points, visible = nested
        sure = [scores, objectness]
    for level in tree_leaves(sure):
        level.fill_(ABSENT)
    strides = list(head.featmap_strides)
    priors = head.prior_generator.grid_priors(
        [level.shape[1:] for level in scores], device='cpu')
    for person, box in enumerate(_centred(labels.boxes)):
        center, size = box[:2], box[2:]
        index = _level_of(size, strides)
        stride = strides[index]
        near = np.flatnonzero(
            (np.abs(priors[index].numpy() - center) <= stride).all(axis=1))
        rows, cols = np.divmod(near, scores[index].shape[-1])
        prior = priors[index][near].numpy()
        for kind in sure:
            kind[index][0, rows, cols] = torch.from_numpy(
                rng.uniform(*PRESENT, len(near))).float()
        boxes[index][:, rows, cols] = _columns(np.concatenate(
            [(center - prior) / stride,
             np.log(np.broadcast_to(size, prior.shape) / stride)], axis=1))
        visible[index][:, rows, cols] = _columns(np.broadcast_to(
            np.where(labels.visible[person], max(PRESENT), ABSENT),
            (len(near), labels.visible.shape[1])))
        if not is_rtmo:
            offsets = (labels.keypoints[person] - prior[:, None]) / stride
            points[index][:, rows, cols] = _columns(
                offsets.reshape(len(near), -1))
    return [level.numpy() for level in tree_leaves(nested)]


def _columns(values: np.ndarray) -> Tensor:
    """Timing (cells, channels) into (channels, cells)."""
    return torch.from_numpy(np.ascontiguousarray(values.T)).float()


def _level_of(size: np.ndarray, strides: Sequence[int]) -> int:
    """Choose the level for a box of a size: the finest that is coarse enough."""
    fitting = [i for i, stride in enumerate(strides)
               if size.max() <= MAX_CELLS * stride]
    return fitting[0] if fitting else len(strides) - 1


ENCODERS = {
    YOLOPoseHead: _anchor_maps,
    AssociativeEmbeddingHead: _heatmaps,
    YOLOXPoseHead: _point_maps,
}
