"""Decoding of whole maps, flip test, and what is kept of the detections."""
from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from small_nets import build, model_cfg, people

from sasd_mmpose import InputError
from sasd_mmpose.models import deployed_cfg
from sasd_mmpose.models.task_modules import DecodedPoses, GroundTruth

SIZE = 96, 64  # width and height
TEST_CFG = dict(score_thr=0.01, nms_pre=1000, nms_thr=0.65, max_per_img=100)


@pytest.fixture(scope='module')
def head():
    return MODELS.build(model_cfg().head)


@pytest.fixture(scope='module')
def estimator():
    """The deployed net with random weights."""
    model = build(deployed_cfg(model_cfg())).eval()
    model.test_cfg.update(score_thr=1e-4)
    return model


def empty_maps(head, number):
    width, height = SIZE
    maps = [
        torch.zeros(number, level.out.out_channels, height // stride,
                    width // stride)
        for level, stride in zip(head.levels, head.strides, strict=True)]
    for raw in maps:
        raw[:, 4::head.coder.num_channels] = -20  # objectness
    return maps


def perfect_maps(head, samples):
    """Maps that predict exactly the persons at all of their positives."""
    maps = empty_maps(head, len(samples))
    truth = GroundTruth.from_samples(samples, head.num_keypoints)
    for raw, target in zip(maps, head.targets(truth, maps), strict=True):
        poses = DecodedPoses(
            target.boxes, torch.full((len(target.boxes), ), 5.0),
            target.keypoints, target.visible * 6 - 3)
        channels = raw.view(
            len(samples), -1, head.coder.num_channels, *raw.shape[-2:])
        channels[target.image, target.anchor, :, target.row, target.col] = (
            head.coder.encode(poses, target.anchor_sizes))
    return maps


def apart(samples):
    """Put the persons of an image side by side."""
    for sample in samples:
        labels = sample.gt_instance_labels
        for i, left in enumerate((4.3, 34.7, 65.2)[:len(labels)]):
            shift = left - labels.bboxes[i, 0].item()
            labels.bboxes[i, 0::2] += shift
            labels.keypoints[i, :, 0] += shift
            labels.bboxes[i, 2] = min(labels.bboxes[i, 2], left + 26)
    return samples


def test_what_is_encoded_is_predicted(head):
    """Targets, raw maps, predictions: the same persons."""
    samples = apart(people((3, 0, 1, 2), SIZE, seed=2))
    found = head.predict_by_maps(
        [perfect_maps(head, samples)], head.anchors, head.strides, TEST_CFG)
    for instances, sample in zip(found, samples, strict=True):
        labels = sample.gt_instance_labels
        assert len(instances) == len(labels)
        order = instances.bboxes[:, 0].argsort()
        np.testing.assert_allclose(
            instances.bboxes[order], labels.bboxes, atol=1e-3)
        np.testing.assert_allclose(
            instances.keypoints[order], labels.keypoints, atol=1e-3)
        np.testing.assert_array_equal(
            instances.keypoint_scores[order] > 0.5,
            labels.keypoints_visible.numpy() > 0)
        np.testing.assert_allclose(
            instances.bbox_scores, 1 / (1 + np.exp(-5)), rtol=1e-5)


def test_detections_come_best_first_and_are_limited(head):
    samples = apart(people((3, ), SIZE, seed=2))
    maps = perfect_maps(head, samples)
    for raw in maps:
        objectness = raw[:, 4::head.coder.num_channels]
        objectness += torch.rand(objectness.shape)
    instances, = head.predict_by_maps(
        [maps], head.anchors, head.strides, TEST_CFG)
    assert len(instances) == 3
    assert (np.diff(instances.bbox_scores) < 0).all()
    limited, = head.predict_by_maps(
        [maps], head.anchors, head.strides, dict(TEST_CFG, max_per_img=2))
    np.testing.assert_array_equal(limited.bboxes, instances.bboxes[:2])
    few, = head.predict_by_maps(
        [maps], head.anchors, head.strides, dict(TEST_CFG, nms_pre=1))
    np.testing.assert_array_equal(few.bboxes, instances.bboxes[:1])


def test_mirrored_maps_lead_to_the_mirrored_cell(head):
    """One detection in a mirrored image, written out by hand."""
    width = SIZE[0]
    maps = empty_maps(head, 1)
    generator = torch.Generator().manual_seed(0)
    level, anchor, row, col = 1, 2, 3, 1
    raw = torch.randn(head.coder.num_channels, generator=generator)
    raw[4] = 3
    maps[level][0, anchor * len(raw):(anchor + 1) * len(raw), row, col] = raw
    plain = head.decode(maps, head.anchors, head.strides)
    mirrored = head.decode_mirrored(maps, head.anchors, head.strides)

    num_anchors = head.anchors.shape[1]
    cells = [x.shape[-2] * x.shape[-1] * num_anchors for x in maps]
    rows, cols = maps[level].shape[-2:]
    start = sum(cells[:level]) + anchor * rows * cols + row * cols
    here, there = start + col, start + cols - 1 - col
    assert plain.scores[0].argmax() == here
    assert mirrored.scores[0].argmax() == there
    x1, y1, x2, y2 = plain.boxes[0, here].tolist()
    np.testing.assert_allclose(
        mirrored.boxes[0, there],
        [width - 1 - x2, y1, width - 1 - x1, y2], rtol=1e-5)
    for k, twin in enumerate(head.flip_indices):
        x, y = plain.keypoints[0, here, twin].tolist()
        np.testing.assert_allclose(
            mirrored.keypoints[0, there, k], [width - 1 - x, y],
            rtol=1e-5, atol=1e-4)
        assert (mirrored.keypoint_scores[0, there, k]
                == plain.keypoint_scores[0, here, twin])


def predict(estimator, inputs, flip_test=True, **test_cfg):
    before = dict(estimator.test_cfg)
    estimator.test_cfg.update(flip_test=flip_test, **test_cfg)
    with torch.no_grad():
        samples = estimator(
            inputs, people([0] * len(inputs), SIZE), mode='predict')
    estimator.test_cfg.clear()
    estimator.test_cfg.update(before)
    return [sample.pred_instances for sample in samples]


def mirror(instances: InstanceData, flip_indices, width) -> InstanceData:
    boxes = instances.bboxes[:, [2, 1, 0, 3]].copy()
    boxes[:, 0::2] = width - 1 - boxes[:, 0::2]
    keypoints = instances.keypoints[:, flip_indices].copy()
    keypoints[..., 0] = width - 1 - keypoints[..., 0]
    return InstanceData(
        bboxes=boxes, bbox_scores=instances.bbox_scores, keypoints=keypoints,
        keypoint_scores=instances.keypoint_scores[:, flip_indices])


def test_flip_test_of_a_mirrored_image_is_its_mirror(estimator):
    inputs = torch.rand(2, 3, *SIZE[::-1])
    flip_indices = estimator.head.flip_indices
    straight = predict(estimator, inputs)
    flipped = predict(estimator, inputs.flip(-1))
    for one, other in zip(straight, flipped, strict=True):
        assert len(one) > 20
        assert np.ptp(one.bbox_scores) > 0.01
        wanted = mirror(one, flip_indices, SIZE[0])
        for key in ('bboxes', 'bbox_scores', 'keypoints', 'keypoint_scores'):
            np.testing.assert_allclose(
                other[key], wanted[key], rtol=1e-4, atol=1e-3)
    # Without the flip test it is not.
    alone = predict(estimator, inputs, flip_test=False)[0]
    other = predict(estimator, inputs.flip(-1), flip_test=False)[0]
    wanted = mirror(alone, flip_indices, SIZE[0])
    assert (len(other) != len(wanted)
            or np.abs(other.bboxes - wanted.bboxes).max() > 0.1)


@pytest.mark.parametrize('flip_test', [True, False])
def test_nobody_above_the_threshold(estimator, flip_test):
    num_keypoints = estimator.head.num_keypoints
    found = predict(estimator, torch.rand(2, 3, *SIZE[::-1]), flip_test,
                    score_thr=1.0)
    for instances in found:
        assert instances.bboxes.shape == (0, 4)
        assert instances.bbox_scores.shape == (0, )
        assert instances.keypoints.shape == (0, num_keypoints, 2)
        assert instances.keypoint_scores.shape == (0, num_keypoints)
        assert instances.keypoints_visible.shape == (0, num_keypoints)


def test_anchors_start_as_people_in_the_mean_pose():
    """Eight in an image of 640 x 640, each with its anchor's size."""
    cfg = model_cfg().head
    head = MODELS.build(cfg)
    head.init_weights()
    for level, stride, sizes in zip(
            head.levels, head.strides, cfg.anchors, strict=True):
        bias = level.out.bias.detach().view(-1, head.coder.num_channels)
        for (width, height), raw in zip(sizes, bias.tolist(), strict=True):
            assert raw[:4] == pytest.approx([0, 0, 0, 0], abs=1e-6)
            assert np.exp(raw[4]) == pytest.approx(8 / (640 / stride)**2)
            for k, (x, y) in enumerate(cfg.mean_pose):
                # Twice the raw value less 0.5 is the place in cells.
                place = [2 * raw[5 + 3 * k] - 0.5, 2 * raw[6 + 3 * k] - 0.5]
                assert place == pytest.approx(
                    [0.5 + x * width / stride, 0.5 + y * height / stride],
                    abs=1e-5)
                assert raw[7 + 3 * k] == 0


def test_mean_pose_fits_the_keypoints():
    with pytest.raises(InputError, match='mean_pose has 3 points'):
        MODELS.build(dict(model_cfg().head, mean_pose=[[0, 0]] * 3))
    for wrong in [[0, 0, 0]], [[0, 0]] * 16 + [[0]], [[0, float('nan')]], [['0', 0]]:
        points = wrong * 17 if len(wrong) == 1 else wrong
        with pytest.raises(InputError, match='mean_pose: each point must be two'):
            MODELS.build(dict(model_cfg().head, mean_pose=points))
    head = MODELS.build(dict(model_cfg().head, mean_pose=None))
    assert (head.mean_pose == 0).all()


def test_a_number_of_keypoints_must_be_that_of_the_metainfo():
    head = MODELS.build(dict(model_cfg().head, num_keypoints=17))
    assert head.num_keypoints == 17
    with pytest.raises(InputError, match='num_keypoints is 5, and .* has 17'):
        MODELS.build(dict(model_cfg().head, num_keypoints=5))


def test_levels_need_anchors():
    cfg = model_cfg().head
    cfg.strides = [8, 16]
    with pytest.raises(ValueError, match='3 levels, strides for 2'):
        MODELS.build(cfg)


def test_head_loss_without_people_is_that_of_objectness(head):
    """MMPose's own estimator trains the head without a distiller."""
    feats = [torch.randn(2, head.levels[0].conv.in_channels, SIZE[1] // s,
                         SIZE[0] // s) for s in head.strides]
    losses = head.loss(feats, people((0, 0), SIZE))
    criterion = model_cfg().head.criterion
    wanted = 0
    for weight, raw in zip(criterion.obj_level_weights, head(feats), strict=True):
        logits = raw.reshape(2, 3, 5 + 3 * 17, -1)[:, :, 4]
        wanted += weight * torch.log1p(logits.exp()).mean()
    wanted *= criterion.loss_obj.loss_weight * criterion.nominal_batch_size
    torch.testing.assert_close(losses.pop('loss_obj'), wanted)
    assert losses and all(loss == 0 for loss in losses.values())


def test_head_loss_with_people_teaches_boxes_and_keypoints(head):
    feats = [torch.randn(2, head.levels[0].conv.in_channels, SIZE[1] // s,
                         SIZE[0] // s) for s in head.strides]
    losses = head.loss(feats, people((2, 1), SIZE))
    assert {'loss_bbox', 'loss_oks', 'loss_keypoint_conf'} <= set(losses)
    assert all(loss > 0 for loss in losses.values())
