"""Skeleton, distance and feature losses against hand-written values."""
from __future__ import annotations

import numpy as np
import pytest
import torch

from sasd_mmpose.models import (
    FeatureAlignmentLoss,
    KeypointDistanceLoss,
    NormalizedSkeletonLoss,
)

BONES = [(0, 1), (1, 2), (0, 3)]


def random_persons(number=6, num_keypoints=4, seed=0):
    rng = np.random.default_rng(seed)
    visible = rng.integers(0, 2, (number, num_keypoints))
    visible[0], visible[1] = 1, 0
    return [
        torch.tensor(x, dtype=torch.float64) for x in (
            rng.normal(size=(number, num_keypoints, 2)),
            rng.normal(size=(number, num_keypoints, 2)), visible,
            rng.uniform(0.5, 3, (number, 2)))
    ]


def plain_skeleton_loss(output, target, visible, sizes, normalize, weight):
    """Eq. 5, bone by bone, averaged over a person's labelled bones."""
    losses = []
    for o, g, v, (w, h) in zip(output, target, visible, sizes, strict=True):
        errors = []
        for i, j in BONES:
            if v[i] and v[j]:
                length = np.sqrt(((o[i] - o[j])**2).sum())
                label = np.sqrt(((g[i] - g[j])**2).sum())
                errors.append(abs(length - label))
        error = np.mean(errors) if errors else 0.0
        losses.append(weight * error / (np.sqrt(w * h) if normalize else 1))
    return losses


@pytest.mark.parametrize('normalize', [True, False])
def test_skeleton_loss_equals_the_formula(normalize):
    persons = random_persons()
    loss = NormalizedSkeletonLoss(BONES, normalize, loss_weight=0.3)(*persons)
    wanted = plain_skeleton_loss(
        *(x.numpy() for x in persons), normalize, 0.3)
    np.testing.assert_allclose(loss, wanted, rtol=1e-12)
    assert loss[0] > 0 and loss[1] == 0


def test_skeleton_loss_is_invariant_to_scale_only_if_normalized():
    output, target, visible, sizes = random_persons()
    large = [output * 7, target * 7, visible, sizes * 7]
    for normalize, factor in ((True, 1), (False, 7)):
        loss = NormalizedSkeletonLoss(BONES, normalize)
        np.testing.assert_allclose(
            loss(*large), factor * loss(output, target, visible, sizes),
            rtol=1e-12)


@pytest.mark.parametrize('edge', [
    'nobody', 'no visible keypoint', 'one keypoint', 'coincident points',
    'prediction is target', 'box of no size', 'no bones'])
@pytest.mark.parametrize('normalize', [True, False])
def test_skeleton_loss_is_finite_at_every_edge(normalize, edge):
    output, target, visible, sizes = (x.float() for x in random_persons())
    visible[:] = 1
    bones = BONES
    if edge == 'nobody':
        output, target, visible, sizes = (
            x[:0] for x in (output, target, visible, sizes))
    elif edge == 'no visible keypoint':
        visible[:] = 0
    elif edge == 'one keypoint':
        visible[:, 1:] = 0
    elif edge == 'coincident points':
        output[:], target[:] = 3., 2.
    elif edge == 'prediction is target':
        output = target.clone()
    elif edge == 'box of no size':
        sizes[:, 0] = 0
    else:
        bones = []
    output.requires_grad_()
    loss = NormalizedSkeletonLoss(bones, normalize)(
        output, target, visible, sizes)
    loss.sum().backward()
    assert torch.isfinite(loss).all()
    assert torch.isfinite(output.grad).all()
    if edge != 'box of no size':
        assert (loss == 0).all()


def test_distance_loss_equals_the_formula():
    persons = random_persons()
    wanted = []
    for o, g, v, (w, h) in zip(*(x.numpy() for x in persons), strict=True):
        distances = [np.hypot(*(o[k] - g[k])) for k in range(len(v)) if v[k]]
        wanted.append(
            0.3 * np.mean(distances) / np.sqrt(w * h) if distances else 0)
    loss = KeypointDistanceLoss(loss_weight=0.3)(*persons)
    np.testing.assert_allclose(loss, wanted, rtol=1e-12)
    assert loss[0] > 0 and loss[1] == 0


def test_distance_loss_is_invariant_to_scale():
    output, target, visible, sizes = random_persons()
    loss = KeypointDistanceLoss()
    np.testing.assert_allclose(
        loss(output * 7, target * 7, visible, sizes * 7),
        loss(output, target, visible, sizes), rtol=1e-12)


@pytest.mark.parametrize('edge', ['nobody', 'no visible keypoint',
                                  'prediction is target', 'box of no size'])
def test_distance_loss_is_finite_at_every_edge(edge):
    output, target, visible, sizes = (x.float() for x in random_persons())
    if edge == 'nobody':
        output, target, visible, sizes = (
            x[:0] for x in (output, target, visible, sizes))
    elif edge == 'no visible keypoint':
        visible[:] = 0
    elif edge == 'prediction is target':
        output = target.clone()
    else:
        sizes[:, 0] = 0
    output.requires_grad_()
    loss = KeypointDistanceLoss()(output, target, visible, sizes)
    loss.sum().backward()
    assert torch.isfinite(loss).all()
    assert torch.isfinite(output.grad).all()
    if edge != 'box of no size':
        assert (loss == 0).all()


def levels(seed, channels=3, number=2):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(number, channels, size, size, generator=generator)
            for size in (8, 4, 2)]


@pytest.mark.parametrize('distance', ['mse', 'l2'])
def test_feature_loss_equals_the_formula(distance):
    student, teacher = levels(0), levels(1)
    wanted = 0.0
    for p, q in zip(student, teacher, strict=True):
        squares = (p.numpy().astype(float) - q.numpy())**2
        if distance == 'mse':
            wanted += squares.sum() / squares.size
        else:
            norms = [np.sqrt(image.sum()) for image in squares]
            wanted += sum(norms) / len(norms)
    loss = FeatureAlignmentLoss(distance, loss_weight=0.02)(student, teacher)
    assert float(loss) == pytest.approx(0.02 * wanted, rel=1e-5)


def test_feature_loss_without_the_last_teacher():
    student, teacher = levels(0), levels(1)
    loss = FeatureAlignmentLoss()
    assert loss(student, teacher[:2]) == loss(student[:2], teacher[:2])


@pytest.mark.parametrize('distance', ['mse', 'l2'])
def test_feature_loss_teaches_the_student_only(distance):
    student = [x.requires_grad_() for x in levels(0)]
    teacher = [x.requires_grad_() for x in levels(1)]
    FeatureAlignmentLoss(distance)(student, teacher).backward()
    assert all(x.grad.abs().sum() > 0 for x in student)
    assert all(x.grad is None for x in teacher)


@pytest.mark.parametrize('distance', ['mse', 'l2'])
def test_feature_loss_of_equal_features(distance):
    student = [x.requires_grad_() for x in levels(0)]
    loss = FeatureAlignmentLoss(distance)(student, levels(0))
    loss.backward()
    assert loss == 0
    assert all((x.grad == 0).all() for x in student)


@pytest.mark.parametrize('distance', ['mse', 'l2'])
def test_feature_loss_is_computed_in_fp32(distance):
    student, teacher = (
        [x.bfloat16() for x in levels(seed)] for seed in (0, 1))
    loss = FeatureAlignmentLoss(distance)
    with torch.autocast('cpu', torch.bfloat16):
        low = loss(student, teacher)
    assert low.dtype == torch.float32
    assert low == loss([x.float() for x in student],
                       [x.float() for x in teacher])


def test_unknown_distance():
    with pytest.raises(ValueError, match="'l2', 'mse'.*'l1'"):
        FeatureAlignmentLoss('l1')
