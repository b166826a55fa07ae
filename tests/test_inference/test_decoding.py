"""Decoding in numpy finds what the head in torch finds."""
from __future__ import annotations

import numpy as np
import pytest
import torch
from mmpose.registry import MODELS
from small_nets import model_cfg

from sasd_mmpose.inference.decoding import PoseDecoder, nms, sigmoid
from sasd_mmpose.inference.model_description import (
    InputSpec,
    Keypoint,
    ModelDescription,
    OutputSpec,
    Thresholds,
)

STRIDES = (8, 16, 32)


def make_head(config: str):
    cfg = model_cfg(config).head
    cfg.criterion = None
    return MODELS.build(cfg)


def make_decoder(head, thresholds: Thresholds) -> PoseDecoder:
    anchors = head.anchors * torch.tensor(head.strides)[:, None, None]
    description = ModelDescription(
        'net', 'ncnn', 'fp32', [],
        InputSpec('in0', 64, 64, False, 32, 'rgb', [0] * 3, [255] * 3, 114),
        [OutputSpec(f'out{i}', stride, level.tolist())
         for i, (stride, level) in enumerate(zip(head.strides, anchors))],
        [Keypoint(str(i), [0, 0, 0]) for i in range(head.num_keypoints)], [])
    return PoseDecoder(description, thresholds)


def random_maps(head, side: int = 128, objectness: float = -3.0) -> list:
    """Raw maps with many overlapping boxes of different scores."""
    maps = []
    for stride in head.strides:
        channels = 3 * (5 + 3 * head.num_keypoints)
        level = torch.randn(channels, side // stride, side // stride)
        level.view(3, -1, *level.shape[1:])[:, 4] += objectness
        maps.append(level)
    return maps


@pytest.mark.parametrize('config', ['sasd_xs_coco_mini', 'sasd_xs_crowdpose'])
@pytest.mark.parametrize('thresholds', [
    Thresholds(),
    Thresholds(score=0.001, max_people=20),
    Thresholds(score=0.05, nms_pre=30, nms_iou=0.3),
    Thresholds(score=0.0),
    Thresholds(score=0.999999),
])
def test_same_persons_as_the_head(config, thresholds):
    head = make_head(config)
    maps = random_maps(head)
    expected, = head.predict_by_maps(
        [[level[None] for level in maps]], head.anchors, head.strides,
        dict(score_thr=thresholds.score, nms_pre=thresholds.nms_pre,
             nms_thr=thresholds.nms_iou, max_per_img=thresholds.max_people))
    found = make_decoder(head, thresholds)([level.numpy() for level in maps])
    assert len(found.scores) == len(expected.bbox_scores)
    np.testing.assert_allclose(found.scores, expected.bbox_scores, rtol=1e-5)
    for name, values in (('bboxes', found.boxes),
                         ('keypoints', found.keypoints),
                         ('keypoint_scores', found.keypoint_scores)):
        np.testing.assert_allclose(values, expected[name], rtol=1e-5, atol=1e-4)


def test_nobody():
    head = make_head('sasd_xs_coco_mini')
    maps = [level.numpy() for level in random_maps(head, objectness=-99)]
    found = make_decoder(head, Thresholds())(maps)
    assert found.boxes.shape == (0, 4) and found.scores.shape == (0, )
    assert found.keypoints.shape == (0, 17, 2)
    assert found.keypoint_scores.shape == (0, 17)


def test_suppression_by_hand():
    boxes = np.float32([[0, 0, 10, 10], [0, 0, 10, 9], [0, 0, 10, 5],
                        [20, 20, 20, 20], [20, 20, 20, 20]])
    # Overlaps with the first: 0.9 and 0.5; the last two have no area.
    assert nms(boxes, 0.65, 100) == [0, 2, 3, 4]
    assert nms(boxes, 0.45, 100) == [0, 3, 4]
    assert nms(boxes, 0.95, 2) == [0, 1]
    assert nms(boxes[:0], 0.5, 100) == []


def test_sigmoid_never_overflows():
    with np.errstate(all='raise'):
        assert sigmoid(np.float32([-1e4, 0, 1e4])).tolist() == [0, 0.5, 1]
