"""Twins: same targets, same shapes, same weights, and their switches."""
from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
import torch
from small_nets import build, model_cfg, people
from torch.nn.modules.batchnorm import _BatchNorm

from sasd_mmpose.models.task_modules import GroundTruth

SIZE = 64
# All that the config trains with.
BASE = {name for name, loss in model_cfg().head.criterion.items()
        if name.startswith('loss_') and loss is not None}
HIGH = {f'high.{name}' for name in BASE}


@pytest.fixture(scope='module')
def model():
    return build(model_cfg()).train()


@pytest.fixture
def batch():
    return torch.rand(2, 3, SIZE, SIZE), people((2, 3), (SIZE, SIZE))


@contextmanager
def watched(*modules):
    """List the arguments of every call of the modules."""
    calls = [[] for _ in modules]
    handles = [
        module.register_forward_hook(
            lambda module, args, output, into=into: into.append(args))
        for module, into in zip(modules, calls, strict=True)]
    yield calls
    for handle in handles:
        handle.remove()


def norm_counts(module):
    """How often each batch norm has seen a batch, as a set."""
    return {int(m.num_batches_tracked) for m in module.modules()
            if isinstance(m, _BatchNorm)}


# ------------------------------------------------------ staggered alignment


def test_both_twins_get_the_same_targets(model, batch):
    """P_i and P'_(i+1): the very same tensors."""
    with watched(model.head.criterion) as (calls, ):
        model.loss(*batch)
    (base_maps, base_targets), (high_maps, high_targets) = calls
    assert len(base_targets) == len(high_targets) == 3
    assert sum(len(target.image) for target in base_targets) > 10
    for wanted, got in zip(base_targets, high_targets, strict=True):
        assert all(a is b for a, b in zip(wanted, got, strict=True))
    for raw, other in zip(base_maps, high_maps, strict=True):
        assert raw.shape == other.shape


def test_assigning_the_enlarged_persons_gives_the_same_targets(model, batch):
    """What is reused is what the rule would give at twice the size."""
    head, truth = model.head, GroundTruth.from_samples(batch[1], 17)
    grids = [(SIZE // stride, SIZE // stride) for stride in head.strides]
    base = head.criterion.targets(truth, head.anchors, head.strides, grids)
    high = head.criterion.targets(
        truth.scaled(2), head.anchors, [2 * s for s in head.strides], grids)
    for wanted, got in zip(base, high, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(wanted, got, strict=True))


def test_the_next_level_teaches(model, batch):
    """L_P compares P_i with P'_(i+1), of the same shape."""
    with watched(model.loss_distill) as (calls, ):
        model.loss(*batch)
    student, teacher = calls[0]
    assert [x.shape[-1] for x in student] == [8, 4, 2]
    assert [x.shape for x in student] == [x.shape for x in teacher]
    model.eval()
    with torch.no_grad():
        inputs = batch[0]
        with watched(model.loss_distill) as (calls, ):
            losses = model.loss(*batch)
        high_inputs = torch.nn.functional.interpolate(
            inputs, size=(2 * SIZE, 2 * SIZE), mode='bilinear')
        stages = model.backbone(high_inputs)
        pyramid = [*model.neck(stages), model.aux_level(stages[-1])]
        levels = model.neck(model.backbone(inputs))
        for p, wanted in zip(calls[0][0], levels, strict=True):
            torch.testing.assert_close(p, wanted)
        for q, wanted in zip(calls[0][1], pyramid[1:], strict=True):
            torch.testing.assert_close(q, wanted)
        # In the same proportion to the other losses as in Eq. 6.
        wanted = 64 * 0.02 * sum(
            (p - q).square().mean() for p, q in zip(*calls[0], strict=True))
        torch.testing.assert_close(losses['loss_distill'], wanted)
    model.train()


def test_heads_belong_to_their_level(model, batch):
    """P3's head serves the base twin only, the auxiliary one the high."""
    levels = model.head.levels
    with watched(*levels, model.aux_level) as calls:
        model.loss(*batch)
    assert [len(call) for call in calls] == [1, 2, 2, 1]
    assert [call[-1][0].shape[-1] for call in calls] == [8, 8, 4, 4]


def test_the_auxiliary_level_runs_at_high_resolution_only(batch):
    model = build(model_cfg()).train()
    model.loss(*batch)
    assert norm_counts(model.aux_level) == {1}
    assert norm_counts(model.backbone) == {2}
    assert norm_counts(model.neck) == {2}
    assert norm_counts(model.head.levels[0]) == {1}
    assert norm_counts(model.head.levels[1]) == {2}


def test_every_loss_is_finite_and_reaches_every_weight(batch):
    model = build(model_cfg()).train()
    losses = model.loss(*batch)
    assert set(losses) == BASE | HIGH | {'loss_distill'}
    sum(losses.values()).backward()
    for name, param in model.named_parameters():
        assert torch.isfinite(param.grad).all(), name
        assert param.grad.abs().sum() > 0, name


def test_nobody_in_the_batch(model):
    losses = model.loss(torch.rand(2, 3, SIZE, SIZE),
                        people((0, 0), (SIZE, SIZE)))
    sum(losses.values()).backward()
    assert all(torch.isfinite(loss) for loss in losses.values())
    for name, param in model.named_parameters():
        assert torch.isfinite(param.grad).all(), name
    model.zero_grad()


def test_under_autocast_losses_are_fp32(model, batch):
    with torch.autocast('cpu', torch.bfloat16):
        losses = model.loss(*batch)
    assert {loss.dtype for loss in losses.values()} == {torch.float32}
    assert all(torch.isfinite(loss) for loss in losses.values())


# ----------------------------------------------------------- weight sharing


def test_twins_share_every_weight(model):
    assert model.high_net is model
    assert not [n for n, _ in model.named_parameters() if 'twin' in n]
    base = build(model_cfg(aux_level=False))
    extra = set(dict(model.named_parameters())) - set(
        dict(base.named_parameters()))
    assert extra and all(name.startswith('aux_level.') for name in extra)


def test_twins_without_weight_sharing_share_nothing(batch):
    model = build(model_cfg(weight_sharing=False)).train()
    own = {p.data_ptr() for name, p in model.named_parameters()
           if not name.startswith(('twin.', 'aux_level.'))}
    twin = {p.data_ptr() for p in model.twin.parameters()}
    assert len(own) == len(twin) and not own & twin
    assert model.twin.head.criterion is None
    with watched(model.backbone, model.twin.backbone) as calls:
        losses = model.loss(*batch)
    assert [call[0][0].shape[-1] for call in calls] == [SIZE, 2 * SIZE]
    assert set(losses) == BASE | HIGH | {'loss_distill'}

    losses['loss_distill'].backward(retain_graph=True)
    for part in (model.twin, model.aux_level):
        assert all(p.grad is None for p in part.parameters())
    assert all(p.grad is not None for p in model.backbone.parameters())
    model.zero_grad()
    sum(losses[name] for name in HIGH).backward()
    assert all(p.grad is None for p in model.backbone.parameters())
    assert all(p.grad is not None for p in model.twin.backbone.parameters())
    assert all(p.grad is not None for p in model.aux_level.parameters())
    # The twin's P3 has no task: it is not in the loss.
    assert all(p.grad is None for p in model.twin.head.levels[0].parameters())


# ----------------------------------------------------------------- switches


def test_warm_up_is_training_at_base_resolution_alone(model, batch):
    model.distilling = False
    with watched(model.backbone, model.aux_level) as (backbone, aux):
        losses = model.loss(*batch)
    model.distilling = True
    assert set(losses) == BASE
    assert [args[0].shape[-1] for args in backbone] == [SIZE] and not aux


def test_without_feature_loss(batch):
    losses = build(model_cfg(loss_distill=None)).loss(*batch)
    assert set(losses) == BASE | HIGH


def test_gamma_zero(batch):
    cfg = model_cfg()
    cfg.loss_distill.loss_weight = 0.0
    assert build(cfg).loss(*batch)['loss_distill'] == 0


def test_without_auxiliary_level(batch):
    model = build(model_cfg(aux_level=False))
    assert model.aux_level is None
    with watched(model.head.criterion, model.loss_distill) as (calls, pairs):
        losses = model.loss(*batch)
    assert set(losses) == BASE | HIGH | {'loss_distill'}
    base_targets, high_targets = calls[0][1], calls[1][1]
    assert len(high_targets) == 2
    assert high_targets[0] is base_targets[0]
    assert high_targets[1] is base_targets[1]
    assert [x.shape[-1] for x in pairs[0][1]] == [8, 4]


@pytest.mark.parametrize('loss_skeleton, names', [
    (None, BASE - {'loss_skeleton'}),
    (dict(type='NormalizedSkeletonLoss', normalize=False, loss_weight=0.1),
     BASE)])
def test_skeleton_switches(batch, loss_skeleton, names):
    cfg = model_cfg()
    cfg.head.criterion.loss_skeleton = loss_skeleton
    model = build(cfg)
    losses = model.loss(*batch)
    assert set(losses) == (
        names | {f'high.{name}' for name in names} | {'loss_distill'})
    if loss_skeleton:
        assert model.head.criterion.loss_skeleton.normalize is False


def test_direct_distillation(batch):
    """Equal levels, the teacher's halved; the high twin assigns by itself."""
    model = build(model_cfg(type='DirectDistiller')).train()
    assert not [n for n, _ in model.named_parameters() if 'aux' in n]
    with watched(model.head.criterion, model.loss_distill,
                 *model.head.levels) as (calls, pairs, *levels):
        losses = model.loss(*batch)
    assert set(losses) == BASE | HIGH | {'loss_distill'}
    assert [len(level) for level in levels] == [2, 2, 2]
    student, teacher = pairs[0]
    assert [x.shape for x in student] == [x.shape for x in teacher]
    maps, targets = calls[1]
    assert [x.shape[-1] for x in maps] == [16, 8, 4]
    boxes = torch.cat([s.gt_instance_labels.bboxes for s in batch[1]])
    for stride, target in zip((8, 16, 32), targets, strict=True):
        assert len(target.boxes)
        cells = torch.stack([target.col, target.row], dim=1)
        center = (target.boxes[:, :2] + cells) * stride
        half = target.boxes[:, 2:] * stride / 2
        found = torch.cat([center - half, center + half], dim=1)
        # Each is the box of a person at twice the size.
        assert torch.cdist(found, 2 * boxes).amin(dim=1).max() < 1e-3


def test_direct_distillation_without_weight_sharing(batch):
    model = build(model_cfg(type='DirectDistiller', weight_sharing=False))
    assert set(model.loss(*batch)) == BASE | HIGH | {'loss_distill'}


@pytest.mark.parametrize('flip_test', [True, False])
def test_unpruned_inference(batch, flip_test):
    """The auxiliary level adds detections of stride 64."""
    model = build(model_cfg(pruned_inference=False)).eval()
    model.test_cfg.update(
        flip_test=flip_test, score_thr=0.0, nms_thr=1.0, max_per_img=10**6,
        nms_pre=10**6)
    counts = []
    for keep in (False, True):
        model.pruned_inference = keep
        with torch.no_grad(), watched(model.aux_level) as (calls, ):
            sample, _ = model(*batch, mode='predict')
        assert len(calls) == (0 if keep else 1 + flip_test)
        counts.append(len(sample.pred_instances))
        assert np.isfinite(sample.pred_instances.keypoints).all()
    cells = 8 * 8 + 4 * 4 + 2 * 2
    assert counts == [3 * (cells + 1), 3 * cells]


@pytest.mark.parametrize('missing', [
    dict(aux_level=False), dict(heads_by_position=True)])
def test_unpruned_inference_needs_the_level(missing):
    with pytest.raises(ValueError, match='aux_level=True'):
        build(model_cfg(pruned_inference=False, **missing))


# ----------------------------------------------------------- open questions


@pytest.mark.parametrize('aux_level', [True, False])
def test_heads_by_position(batch, aux_level):
    """P'(i+1) goes through the head of P_i; the auxiliary level has none."""
    model = build(model_cfg(heads_by_position=True, aux_level=aux_level))
    assert not [n for n, _ in model.named_parameters() if 'aux_level.head' in n]
    with watched(*model.head.levels, model.loss_distill) as (*heads, pairs):
        losses = model.loss(*batch)
    assert set(losses) == BASE | HIGH | {'loss_distill'}
    teachers = pairs[0][1]
    assert len(teachers) == 2 + aux_level
    for head, teacher in zip(heads, teachers, strict=False):
        assert head[1][0] is teacher
    assert [len(head) for head in heads] == [2, 2, 1 + aux_level]


def test_statistics_of_the_base_resolution_alone(batch):
    """They are those of a net that has seen the base resolution only."""
    alone, apart, shared = (
        build(model_cfg(shared_statistics=value)).train()
        for value in (True, False, True))
    alone.distilling = False
    for net in (alone, apart, shared):
        net.loss(*batch)
    wanted, found, mixed = (
        {name: value for name, value in net.state_dict().items()
         if 'running_' in name and 'aux_level' not in name}
        for net in (alone, apart, shared))
    assert all(torch.equal(value, found[name])
               for name, value in wanted.items())
    assert not all(torch.equal(value, mixed[name])
                   for name, value in wanted.items())
    # What only the high resolution passes through keeps count of it.
    aux = apart.aux_level.head.conv.norm
    assert aux.running_mean.abs().sum() > 0
    assert {m.momentum for m in apart.modules()
            if isinstance(m, _BatchNorm)} == {0.03}


def test_losses_do_not_depend_on_the_running_statistics(batch):
    one, other = (build(model_cfg(shared_statistics=value)).train().loss(*batch)
                  for value in (True, False))
    assert set(one) == set(other)
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize('detach_teacher', [True, False])
def test_gradient_through_the_teacher(batch, detach_teacher):
    cfg = model_cfg(weight_sharing=False)
    cfg.loss_distill.detach_teacher = detach_teacher
    model = build(cfg).train()
    model.loss(*batch)['loss_distill'].backward()
    reached = any(p.grad is not None for p in model.twin.parameters())
    assert reached is not detach_teacher
    assert all(p.grad is not None for p in model.backbone.parameters())
