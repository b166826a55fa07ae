"""projects/yolo_pose: sizes, wiring of the head, training, learning by heart."""
from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmpose.registry import MODELS
from small_nets import people

from sasd_mmpose.engine.config import load_config
from sasd_mmpose.models.complexity import model_complexity

ROOT = Path(__file__).parents[3]
CONFIGS = ROOT / 'projects/yolo_pose/configs'
NAMES = ('yolo_pose_s_coco_640', 'yolo_pose_s_coco_960')


@pytest.fixture(params=NAMES)
def cfg(request) -> Config:
    """Each config of the project."""
    return load_config(CONFIGS / f'{request.param}.py')


def small_model(cfg: Config) -> ConfigDict:
    """The config's model, a quarter as wide and with anchors for 64 px."""
    model = cfg.model
    widths = [width // 4 for width in cfg.widths]
    model.backbone.widen_factor /= 4
    model.neck.in_channels = model.head.in_channels = widths
    model.head.anchors = [[[side / 8 for side in anchor] for anchor in level]
                          for level in model.head.anchors]
    return model


def test_size_is_that_of_the_original(cfg: Config):
    """15.1 M parameters; 10.3 and 23.2 G multiply-accumulates at 640 and 960."""
    info = model_complexity(cfg.model, 128)
    assert info.params == pytest.approx(15.12e6, rel=0.01)
    side = cfg.input_size[0]
    scaled = info.macs * (side / 128)**2
    assert scaled == pytest.approx({640: 10.30e9, 960: 23.17e9}[side], rel=0.02)


def test_levels_and_channels(cfg: Config):
    model = MODELS.build(small_model(cfg)).eval()
    maps = model(torch.zeros(1, 3, 128, 64), None, mode='tensor')
    assert [tuple(x.shape) for x in maps] == [
        (1, 168, 16, 8), (1, 168, 8, 4), (1, 168, 4, 2), (1, 168, 2, 1)]


def test_each_anchor_has_its_own_boxes_and_keypoints(cfg: Config):
    """The channels of an anchor stand together, box first."""
    level = MODELS.build(small_model(cfg)).head.levels[0]
    torch.nn.init.zeros_(level.box_out.weight)
    torch.nn.init.zeros_(level.keypoint_out.weight)
    expected = torch.arange(3 * 56.).reshape(3, 56)
    level._set_bias(expected)
    out = level.eval()(torch.zeros(1, 32, 2, 2))
    assert torch.equal(out[0, :, 1, 0].reshape(3, 56), expected)


def test_six_depthwise_convolutions_on_every_level(cfg: Config):
    head = MODELS.build(small_model(cfg)).head
    for level in head.levels:
        depthwise = [layer for layer in level.keypoint_branch
                     if layer.conv.groups > 1]
        assert len(depthwise) == 6
        assert all(layer.conv.groups == layer.conv.in_channels
                   for layer in depthwise)


def test_a_person_of_an_anchor_s_size_is_the_first_guess(cfg: Config):
    model = MODELS.build(small_model(cfg))
    model.head.init_weights()
    for level, anchors in zip(model.head.levels, model.head.anchors):
        raw = torch.cat([level.box_out.bias.reshape(3, 5),
                         level.keypoint_out.bias.reshape(3, 51)], dim=1)
        start = model.head.coder.decode(raw, anchors)
        assert torch.allclose(start.boxes[:, 2:], anchors, rtol=1e-4)
        offset = (start.keypoints - 0.5) / anchors[:, None]
        assert torch.allclose(
            offset, model.head.mean_pose.expand(3, 17, 2), atol=1e-4)


def test_every_part_learns(cfg: Config):
    model = MODELS.build(small_model(cfg))
    model.init_weights()
    losses = model(torch.rand(2, 3, 64, 64), people([2, 1]), mode='loss')
    assert set(losses) == {
        'loss_bbox', 'loss_obj', 'loss_oks', 'loss_keypoint_conf'}
    sum(losses.values()).backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all()
               for p in model.parameters())


def test_recipe_is_that_of_yolo_pose(cfg: Config):
    assert cfg.train_cfg.max_epochs == 300
    assert cfg.optim_wrapper.optimizer.type == 'SGD'
    cosine = cfg.param_scheduler[-1]
    assert cosine.eta_min == pytest.approx(0.2 * cfg.optim_wrapper.optimizer.lr)
    assert 'SASDStageHook' not in [hook.type for hook in cfg.custom_hooks]
    for loader in cfg.train_dataloader, cfg.val_dataloader:
        for transform in loader.dataset.pipeline:
            if transform.type in ('PoseMosaicAffine', 'PoseResize'):
                assert transform.size_factor == max(cfg.strides)
                assert tuple(transform.input_size) == cfg.input_size
