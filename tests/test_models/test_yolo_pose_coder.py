"""Encoding and decoding are inverse, and targets lead back to pixels."""
from __future__ import annotations

import numpy as np
import pytest
import torch
from small_nets import people

from sasd_mmpose.models import YOLOAnchorAssigner, YOLOPoseCoder
from sasd_mmpose.models.task_modules import DecodedPoses, GroundTruth, level_targets

K = 5
STRIDE = 8
ANCHORS = torch.tensor([[1.5, 3.], [2.5, 4.], [4., 6.]])


def random_poses(number, anchors, generator):
    def rand(*shape):
        return torch.rand(
            number, *shape, generator=generator, dtype=torch.float64)

    return DecodedPoses(
        boxes=torch.cat([rand(2) * 1.98 - 0.49,
                         (rand(2) * 3.9 + 0.05) * anchors], dim=1),
        obj_logits=rand() * 20 - 10,
        keypoints=rand(K, 2) * 40 - 20,
        keypoint_logits=rand(K) * 20 - 10)


def test_decoding_inverts_encoding():
    generator = torch.Generator().manual_seed(0)
    anchors = torch.rand(500, 2, dtype=torch.float64) * 5 + 0.5
    poses = random_poses(500, anchors, generator)
    coder = YOLOPoseCoder(K)
    raw = coder.encode(poses, anchors)
    assert raw.shape == (500, coder.num_channels)
    for got, wanted in zip(coder.decode(raw, anchors), poses, strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-12, atol=1e-12)


def test_encoding_inverts_decoding():
    coder = YOLOPoseCoder(K)
    raw = torch.randn(300, coder.num_channels, dtype=torch.float64) * 2
    anchors = torch.rand(300, 2, dtype=torch.float64) + 1
    again = coder.encode(coder.decode(raw, anchors), anchors)
    torch.testing.assert_close(again, raw, rtol=1e-9, atol=1e-9)


def test_decode_equals_the_formula():
    """Written out channel by channel."""
    coder = YOLOPoseCoder(K)
    raw = np.random.default_rng(0).normal(size=5 + 3 * K)
    width, height = 3.0, 5.0

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    poses = coder.decode(
        torch.from_numpy(raw), torch.tensor([width, height]).double())
    np.testing.assert_allclose(
        poses.boxes,
        [2 * sigmoid(raw[0]) - 0.5, 2 * sigmoid(raw[1]) - 0.5,
         (2 * sigmoid(raw[2]))**2 * width, (2 * sigmoid(raw[3]))**2 * height])
    assert poses.obj_logits == raw[4]
    for k in range(K):
        x, y, confidence = raw[5 + 3 * k:8 + 3 * k]
        np.testing.assert_allclose(
            poses.keypoints[k], [2 * x - 0.5, 2 * y - 0.5])
        assert poses.keypoint_logits[k] == confidence


@pytest.fixture
def truth():
    samples = people((3, 0, 5), size=(96, 64), num_keypoints=K)
    return samples, GroundTruth.from_samples(samples, K)


def test_ground_truth_collects_the_samples(truth):
    samples, truth = truth
    assert truth.image.tolist() == [0] * 3 + [2] * 5
    boxes = torch.cat([s.gt_instance_labels.bboxes for s in samples])
    corners = torch.cat([truth.boxes[:, :2] - truth.boxes[:, 2:] / 2,
                         truth.boxes[:, :2] + truth.boxes[:, 2:] / 2], dim=1)
    torch.testing.assert_close(corners, boxes)
    twice = truth.scaled(2)
    torch.testing.assert_close(twice.boxes, 2 * truth.boxes)
    torch.testing.assert_close(twice.keypoints, 2 * truth.keypoints)
    assert twice.image is truth.image and twice.visible is truth.visible


def test_targets_lead_back_to_pixels(truth):
    """Every target, encoded, decoded and put at its cell, is its person."""
    _, truth = truth
    grid = 8, 12
    targets = level_targets(
        truth, YOLOAnchorAssigner(), ANCHORS, STRIDE, grid)
    chosen = YOLOAnchorAssigner()(truth.boxes / STRIDE, ANCHORS, grid)
    assert len(chosen.gt) > 20
    assert torch.equal(targets.image, truth.image[chosen.gt])
    assert torch.equal(targets.anchor_sizes, ANCHORS[chosen.anchor])
    coder = YOLOPoseCoder(K)
    logits = torch.zeros(len(chosen.gt))
    raw = coder.encode(
        DecodedPoses(targets.boxes, logits, targets.keypoints,
                     targets.visible), targets.anchor_sizes)
    assert torch.isfinite(raw).all()
    poses = coder.decode(raw, targets.anchor_sizes)
    cells = torch.stack([targets.col, targets.row], dim=1)
    torch.testing.assert_close(
        (poses.boxes[:, :2] + cells) * STRIDE, truth.boxes[chosen.gt, :2],
        rtol=0, atol=1e-4)
    torch.testing.assert_close(
        poses.boxes[:, 2:] * STRIDE, truth.boxes[chosen.gt, 2:],
        rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(
        (poses.keypoints + cells[:, None]) * STRIDE,
        truth.keypoints[chosen.gt], rtol=0, atol=1e-4)
    assert torch.equal(poses.keypoint_logits, truth.visible[chosen.gt])


def test_targets_of_no_persons():
    truth = GroundTruth.from_samples(people((0, 0), num_keypoints=K), K)
    targets = level_targets(
        truth, YOLOAnchorAssigner(), ANCHORS, STRIDE, (8, 8))
    assert [len(part) for part in targets] == [0] * len(targets)
    assert targets.keypoints.shape == (0, K, 2)
