"""The criterion against values written out person by person in numpy."""
from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import MODELS
from small_nets import model_cfg, people

from sasd_mmpose.models.task_modules import DecodedPoses, GroundTruth, LevelTargets

SIZE = 64
NAMES = {'loss_bbox', 'loss_obj', 'loss_oks', 'loss_keypoint_conf',
         'loss_skeleton', 'loss_distance'}


@pytest.fixture(scope='module')
def head():
    """The head of the small config, its keypoints those of COCO."""
    return MODELS.build(model_cfg().head)


@pytest.fixture(scope='module')
def metainfo():
    return parse_pose_metainfo(dict(model_cfg().head.metainfo))


def random_maps(head, number, seed=0, spread=1.0):
    generator = torch.Generator().manual_seed(seed)
    channels = head.anchors.shape[1] * head.coder.num_channels
    return [
        (torch.randn(number, channels, SIZE // stride, SIZE // stride,
                     generator=generator) * spread).requires_grad_()
        for stride in head.strides
    ]


def make_targets(head, samples):
    truth = GroundTruth.from_samples(samples, head.num_keypoints)
    maps = random_maps(head, len(samples))
    return head.targets(truth, maps)


# ------------------------------------------------------- plain re-statements


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def plain_bce(logit, target):
    return -(target * np.log(sigmoid(logit))
             + (1 - target) * np.log(1 - sigmoid(logit)))


def plain_ciou(box, other):
    """CIoU of two boxes (cx, cy, w, h)."""
    (x, y, w, h), (u, v, p, q) = box, other
    left, right = max(x - w / 2, u - p / 2), min(x + w / 2, u + p / 2)
    top, bottom = max(y - h / 2, v - q / 2), min(y + h / 2, v + q / 2)
    overlap = max(right - left, 0) * max(bottom - top, 0)
    iou = overlap / (w * h + p * q - overlap)
    hull_w = max(x + w / 2, u + p / 2) - min(x - w / 2, u - p / 2)
    hull_h = max(y + h / 2, v + q / 2) - min(y - h / 2, v - q / 2)
    distance = ((x - u)**2 + (y - v)**2) / (hull_w**2 + hull_h**2)
    shape = 4 / math.pi**2 * (math.atan(p / q) - math.atan(w / h))**2
    return iou - distance - shape**2 / (1 - iou + shape)


def plain_level(raw_map, target, metainfo, cfg, obj_weight):
    """All losses of one level, positive by positive."""
    sigmas, bones = metainfo['sigmas'], metainfo['skeleton_links']
    number, _, rows, cols = raw_map.shape
    num_keypoints = len(sigmas)
    channels = raw_map.reshape(number, -1, 5 + 3 * num_keypoints, rows, cols)
    objectness = np.zeros((number, channels.shape[1], rows, cols))
    total = dict.fromkeys(NAMES, 0.0)
    labelled = 0
    for i in range(len(target.image)):
        image, anchor, row, col, size, box, points, visible = (
            part[i] for part in target)
        raw = channels[image, anchor, :, row, col]
        found = [2 * sigmoid(raw[0]) - 0.5, 2 * sigmoid(raw[1]) - 0.5,
                 (2 * sigmoid(raw[2]))**2 * size[0],
                 (2 * sigmoid(raw[3]))**2 * size[1]]
        ciou = plain_ciou(found, box)
        total['loss_bbox'] += 1 - ciou
        cell = image, anchor, row, col
        by_oks = cfg.get('objectness_oks') and visible.any()
        if not by_oks:
            objectness[cell] = max(objectness[cell], ciou)
        if not visible.any():
            continue
        labelled += 1
        area = 0.53 * box[2] * box[3]
        place = [(2 * raw[5 + 3 * k] - 0.5, 2 * raw[6 + 3 * k] - 0.5)
                 for k in range(num_keypoints)]
        similarity = [
            math.exp(-((place[k][0] - points[k][0])**2
                       + (place[k][1] - points[k][1])**2)
                     / (2 * area * (2 * sigmas[k])**2))
            for k in range(num_keypoints) if visible[k]]
        total['loss_oks'] += 1 - np.mean(similarity)
        if by_oks:
            objectness[cell] = max(objectness[cell], np.mean(similarity))
        total['loss_keypoint_conf'] += np.mean(
            [plain_bce(raw[7 + 3 * k], visible[k])
             for k in range(num_keypoints)])
        side = math.sqrt(box[2] * box[3])
        total['loss_distance'] += np.mean(
            [math.dist(place[k], points[k])
             for k in range(num_keypoints) if visible[k]]) / side
        errors = [
            abs(math.dist(place[a], place[b]) - math.dist(points[a], points[b]))
            for a, b in bones if visible[a] and visible[b]]
        if errors:
            total['loss_skeleton'] += np.mean(errors) / side
    total['loss_bbox'] /= max(len(target.image), 1)
    for name in ('loss_oks', 'loss_keypoint_conf', 'loss_skeleton',
                 'loss_distance'):
        total[name] /= max(labelled, 1)
    total['loss_obj'] = obj_weight * plain_bce(
        channels[:, :, 4], objectness).mean()
    return {name: value * cfg[name].loss_weight * cfg.nominal_batch_size
            for name, value in total.items()}


@pytest.mark.parametrize('by_oks', [False, True])
@pytest.mark.parametrize('spread', [0.3, 1.5])
def test_losses_equal_the_formulas(
        head, metainfo, spread, by_oks, monkeypatch):
    monkeypatch.setattr(head.criterion, 'objectness_oks', by_oks)
    samples = people((3, 0, 6, 1), (SIZE, SIZE))
    # Some persons have no labelled keypoint.
    samples[2].gt_instance_labels.keypoints_visible[::2] = 0
    targets = make_targets(head, samples)
    assert all(len(target.image) > 5 for target in targets)
    maps = random_maps(head, 4, spread=spread)
    losses = head.criterion(maps, targets)
    cfg = model_cfg().head.criterion
    cfg.objectness_oks = by_oks
    levels = [
        plain_level(raw.detach().double().numpy(),
                    LevelTargets(*(part.numpy() for part in target)),
                    metainfo, cfg, weight)
        for raw, target, weight in zip(
            maps, targets, cfg.obj_level_weights, strict=True)]
    assert set(losses) == NAMES
    for name, loss in losses.items():
        wanted = sum(level[name] for level in levels)
        assert float(loss) == pytest.approx(wanted, rel=1e-4), name


def test_the_best_box_of_a_shared_cell_is_its_objectness(head):
    """Two persons, one cell and anchor: their order does not matter."""
    target = make_targets(head, people((1, ), (SIZE, SIZE)))[1]
    near = LevelTargets(*(part[:1] for part in target))
    far = near._replace(boxes=near.boxes * torch.tensor([1, 1, 3, 3]))
    box = DecodedPoses(near.boxes, torch.zeros(1), near.keypoints,
                       near.visible)
    raw = head.coder.encode(box, near.anchor_sizes)
    maps = random_maps(head, 1)
    channels = maps[1].detach().view(
        1, -1, head.coder.num_channels, *maps[1].shape[-2:])
    channels[near.image, near.anchor, :, near.row, near.col] = raw
    losses = []
    for first, second in ((near, far), (far, near)):
        both = LevelTargets(*map(torch.cat, zip(first, second, strict=True)))
        empty = LevelTargets(*(part[:0] for part in target))
        losses.append(head.criterion(maps, [empty, both, empty])['loss_obj'])
    assert losses[0] == losses[1]
    alone = head.criterion(maps, [empty, near, empty])['loss_obj']
    torch.testing.assert_close(losses[0], alone)


def scaled(head, targets, factor):
    """Enlarge boxes, anchors and keypoints about the corners of cells."""
    return [
        target._replace(
            anchor_sizes=target.anchor_sizes * factor,
            boxes=torch.cat([target.boxes[:, :2],
                             target.boxes[:, 2:] * factor], dim=1),
            keypoints=target.keypoints * factor) for target in targets]


@pytest.mark.parametrize('normalize', [True, False])
def test_keypoint_losses_do_not_depend_on_the_size_of_a_person(normalize):
    cfg = model_cfg().head
    cfg.criterion.loss_skeleton.normalize = normalize
    head = MODELS.build(cfg)
    factor = 3.0
    targets = make_targets(head, people((2, 3), (SIZE, SIZE)))
    maps = random_maps(head, 2, spread=0.3)
    large_maps = []
    for raw in maps:
        large = raw.detach().clone().view(
            2, -1, head.coder.num_channels, *raw.shape[-2:])
        for axis in (5, 6):
            # 2 t - 0.5 shall grow by the factor.
            points = large[:, :, axis::3]
            points.copy_(factor * points + (1 - factor) * 0.25)
        large_maps.append(large.view_as(raw))
    losses = head.criterion(maps, targets)
    large = head.criterion(large_maps, scaled(head, targets, factor))
    torch.testing.assert_close(large['loss_oks'], losses['loss_oks'])
    torch.testing.assert_close(
        large['loss_skeleton'],
        losses['loss_skeleton'] * (1 if normalize else factor))


def set_edge(edge, samples):
    for sample in samples:
        labels = sample.gt_instance_labels
        if edge == 'no visible keypoint':
            labels.keypoints_visible[:] = 0
        elif edge == 'one keypoint':
            labels.keypoints_visible[:, 1:] = 0
        elif edge == 'coincident points':
            labels.keypoints[:] = labels.keypoints[:, :1]
        elif edge == 'box without width':
            labels.bboxes[:, 2] = labels.bboxes[:, 0]
        elif edge == 'box without size':
            labels.bboxes[:, 2:] = labels.bboxes[:, :2]
        elif edge == 'keypoints far outside':
            labels.keypoints[:] = 1e6


@pytest.mark.parametrize('edge', [
    'nobody', 'no visible keypoint', 'one keypoint', 'coincident points',
    'box without width', 'box without size', 'keypoints far outside'])
@pytest.mark.parametrize('output', ['random', 'zero', 'huge'])
def test_finite_at_every_edge(head, edge, output):
    samples = people((0, 0) if edge == 'nobody' else (3, 2), (SIZE, SIZE))
    set_edge(edge, samples)
    targets = make_targets(head, samples)
    spread = dict(random=1.0, zero=0.0, huge=60.0)[output]
    maps = random_maps(head, 2, spread=spread)
    losses = head.criterion(maps, targets)
    sum(losses.values()).backward()
    assert all(torch.isfinite(loss) for loss in losses.values()), losses
    assert all(torch.isfinite(raw.grad).all() for raw in maps)
    # Where there is nobody, there is still to learn that there is nobody.
    assert all(raw.grad.abs().sum() > 0 for raw in maps)
    if edge in ('nobody', 'box without width', 'box without size'):
        assert sum(len(target.image) for target in targets) == 0
        assert all((loss == 0) == (name != 'loss_obj')
                   for name, loss in losses.items())


def test_finite_where_the_prediction_is_the_target(head):
    """Bit for bit, at every positive."""
    samples = people((1, 1), (SIZE, SIZE))
    targets, maps = make_targets(head, samples), random_maps(head, 2)
    perfect = []
    for raw, target in zip(maps, targets, strict=True):
        channels = raw.detach().unflatten(1, (-1, head.coder.num_channels))
        poses = head.coder.decode(
            channels[target.image, target.anchor, :, target.row, target.col],
            target.anchor_sizes)
        perfect.append(target._replace(
            boxes=poses.boxes, keypoints=poses.keypoints))
    losses = head.criterion(maps, perfect)
    sum(losses.values()).backward()
    assert all(torch.isfinite(loss) for loss in losses.values()), losses
    assert all(torch.isfinite(raw.grad).all() for raw in maps)
    for name in ('loss_bbox', 'loss_oks', 'loss_skeleton', 'loss_distance'):
        assert float(losses[name]) == pytest.approx(0, abs=1e-5)


def test_computed_in_fp32_under_autocast(head):
    targets = make_targets(head, people((2, 3), (SIZE, SIZE)))
    maps = [raw.detach().bfloat16() for raw in random_maps(head, 2)]
    with torch.autocast('cpu', torch.bfloat16):
        low = head.criterion(maps, targets)
    full = head.criterion([raw.float() for raw in maps], targets)
    for name, loss in low.items():
        assert loss.dtype == torch.float32
        assert loss == full[name]


@pytest.mark.parametrize('name', ['loss_skeleton', 'loss_distance'])
def test_without_an_optional_loss(name):
    cfg = model_cfg().head
    cfg.criterion[name] = None
    head = MODELS.build(cfg)
    targets = make_targets(head, people((2, 3), (SIZE, SIZE)))
    losses = head.criterion(random_maps(head, 2), targets)
    assert set(losses) == NAMES - {name}


def test_nothing_of_the_criterion_is_saved(head):
    assert not [name for name in head.state_dict() if 'criterion' in name]
