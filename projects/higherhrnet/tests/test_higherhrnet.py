"""HigherHRNet: sizes, configs, original weights."""
from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS
from torch import Tensor

import projects.synthetic_people  # noqa: F401  (registers the data set)
from projects.associative_embedding.conversion import convert_checkpoint
from projects.associative_embedding.overfit import overfit_cfg
from projects.higherhrnet.checkpoint_keys import rename
from sasd_mmpose import InputError

CONFIGS = Path(__file__).parents[3] / 'projects' / 'higherhrnet' / 'configs'


def load(name: str) -> Config:
    """A config, without the weights that it would fetch."""
    cfg = Config.fromfile(CONFIGS / f'higherhrnet_{name}.py')
    init_default_scope('mmpose')
    cfg.model.backbone.init_cfg = None
    return cfg


@pytest.mark.parametrize('name, params', [('w32_coco', 28.6), ('w48_coco', 63.8)])
def test_size_is_that_of_the_original(name, params):
    model = MODELS.build(load(name).model)
    number = sum(p.numel() for p in model.parameters())
    assert number / 1e6 == pytest.approx(params, rel=0.01)


@pytest.mark.parametrize('name, size, number', [
    ('w32_coco', 512, 17), ('w32_crowdpose', 512, 14), ('w48_coco', 640, 17),
    ('w48_crowdpose', 640, 14)])
def test_config_is_of_one_piece(name, size, number):
    cfg = load(name)
    assert 'projects.higherhrnet' in cfg.custom_imports.imports
    assert cfg.input_size == (size, size)
    head = MODELS.build(cfg.model.head)
    assert head.num_keypoints == number
    assert sorted(head.decoder.decode_keypoint_order) == list(range(number))


def narrow(cfg: Config) -> Config:
    """The same net with few channels."""
    extra = cfg.model.backbone.extra
    for number in (2, 3, 4):
        stage = extra[f'stage{number}']
        stage.num_modules = 1
        stage.num_channels = tuple(4 * 2**i for i in range(number))
    cfg.model.head.in_channels = 4
    return cfg


@pytest.mark.parametrize('data', ['coco', 'crowdpose'])
def test_config_trains_and_predicts(data, tmp_path):
    config = CONFIGS / f'higherhrnet_w32_{data}.py'
    cfg = narrow(overfit_cfg(config, tmp_path, size=64, steps=1, batch_size=2,
                             lr=1e-3, tag_weight=0.001))
    init_default_scope('mmpose')
    cfg.model.test_cfg.flip_test = True
    model = MODELS.build(cfg.model)
    model.init_weights()
    for loader in cfg.train_dataloader, cfg.test_dataloader:
        loader.dataset.metainfo = cfg.metainfo
    images = DATASETS.build(cfg.train_dataloader.dataset)
    batch = model.data_preprocessor(
        pseudo_collate([images[0], images[1]]), training=True)
    losses = model(**batch, mode='loss')
    sum(losses.values()).backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())

    images = DATASETS.build(cfg.test_dataloader.dataset)
    with torch.no_grad():
        sample, = model.eval().test_step(pseudo_collate([images[0]]))
        coarse, fine = model(torch.zeros(1, 3, 64, 128), None, mode='tensor')
    number = model.head.num_keypoints
    assert sample.pred_instances.keypoints.shape[1:] == (number, 2)
    assert coarse.shape == (1, 2 * number, 16, 32)
    assert fine.shape == (1, number, 32, 64)


# ----------------------------------------------------------- original weights


def original_head_weights(width: int, keypoints: int) -> dict[str, Tensor]:
    """Random weights of the head, by the names of the original code."""
    weights: dict[str, Tensor] = {}

    def norm(name: str) -> None:
        weights[f'{name}.weight'] = torch.rand(width) + 0.5
        weights[f'{name}.bias'] = torch.randn(width) * 0.1
        weights[f'{name}.running_mean'] = torch.randn(width) * 0.1
        weights[f'{name}.running_var'] = torch.rand(width) + 0.5
        weights[f'{name}.num_batches_tracked'] = torch.tensor(1)

    for level, channels in enumerate((2 * keypoints, keypoints)):
        weights[f'final_layers.{level}.weight'] = torch.randn(
            channels, width, 1, 1)
        weights[f'final_layers.{level}.bias'] = torch.randn(channels)
    weights['deconv_layers.0.0.0.weight'] = 0.1 * torch.randn(
        width + 2 * keypoints, width, 4, 4)
    norm('deconv_layers.0.0.1')
    for block in range(1, 5):
        for layer in (1, 2):
            name = f'deconv_layers.0.{block}.0.'
            weights[f'{name}conv{layer}.weight'] = 0.1 * torch.randn(
                width, width, 3, 3)
            norm(f'{name}bn{layer}')
    return weights


def original_head(weights: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    """The original head's forward pass, restated on its weights by name."""

    def final(x: Tensor, level: int) -> Tensor:
        return F.conv2d(x, weights[f'final_layers.{level}.weight'],
                        weights[f'final_layers.{level}.bias'])

    def norm(x: Tensor, name: str) -> Tensor:
        return F.batch_norm(x, *(weights[f'{name}.{part}'] for part in (
            'running_mean', 'running_var', 'weight', 'bias')))

    maps = [final(x, 0)]
    x = F.conv_transpose2d(torch.cat([x, maps[0]], 1),
                           weights['deconv_layers.0.0.0.weight'],
                           stride=2, padding=1)
    x = F.relu(norm(x, 'deconv_layers.0.0.1'))
    for block in range(1, 5):
        name = f'deconv_layers.0.{block}.0.'
        y = F.conv2d(x, weights[f'{name}conv1.weight'], padding=1)
        y = F.relu(norm(y, f'{name}bn1'))
        y = F.conv2d(y, weights[f'{name}conv2.weight'], padding=1)
        x = F.relu(x + norm(y, f'{name}bn2'))
    return [*maps, final(x, 1)]


def original_backbone_names(modules: tuple = (1, 4, 3)) -> set[str]:
    """The names of HRNet's weights in the original code, without batch norms'
    buffers, from the shape of its module tree."""
    names = set()

    def conv_norm(conv: str, norm: str) -> None:
        names.update([f'{conv}.weight', f'{norm}.weight', f'{norm}.bias'])

    def pair(prefix: str) -> None:
        conv_norm(f'{prefix}.0', f'{prefix}.1')

    for i in (1, 2):
        conv_norm(f'conv{i}', f'bn{i}')
    for block in range(4):
        for i in (1, 2, 3):
            conv_norm(f'layer1.{block}.conv{i}', f'layer1.{block}.bn{i}')
    pair('layer1.0.downsample')
    pair('transition1.0')
    for number in (1, 2, 3):
        # A new branch, from the coarsest one so far.
        pair(f'transition{number}.{number}.0')
    for stage, number in zip((2, 3, 4), modules):
        for module in range(number):
            prefix = f'stage{stage}.{module}'
            for branch in range(stage):
                for block in range(4):
                    for i in (1, 2):
                        name = f'{prefix}.branches.{branch}.{block}'
                        conv_norm(f'{name}.conv{i}', f'{name}.bn{i}')
            # Only the finest branch leaves the last module of all.
            targets = 1 if (stage, module) == (4, number - 1) else stage
            for target in range(targets):
                for source in range(stage):
                    name = f'{prefix}.fuse_layers.{target}.{source}'
                    if source > target:
                        pair(name)
                    for step in range(target - source):
                        pair(f'{name}.{step}')
    return names


def test_original_head_weights_give_the_original_maps():
    head = MODELS.build(dict(load('w32_coco').model.head, in_channels=8)).eval()
    weights = original_head_weights(8, head.num_keypoints)
    head.load_state_dict({
        rename(name).removeprefix('head.'): weight
        for name, weight in weights.items()})
    x = torch.randn(1, 8, 12, 16)
    with torch.no_grad():
        for found, expected in zip(
                head((x, )), original_head(weights, x), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_backbone_has_the_original_names():
    backbone = MODELS.build(load('w32_coco').model.backbone)
    assert {name for name, _ in backbone.named_parameters()
            } == original_backbone_names()


def test_converter_takes_a_whole_checkpoint(tmp_path):
    model = MODELS.build(load('w32_coco').model)
    backbone = {k: v.half() if v.is_floating_point() else v
                for k, v in model.backbone.state_dict().items()}
    head = original_head_weights(32, 17)
    source, target = tmp_path / 'pose_higher_hrnet_w32_512.pth', tmp_path / 'x.pth'
    # As training in 16 bits leaves it.
    torch.save({f'1.{k}': v for k, v in {**backbone, **head}.items()}, source)
    config = CONFIGS / 'higherhrnet_w32_coco.py'
    number = convert_checkpoint(config, source, target, rename)
    assert number == len(model.state_dict())
    weights = torch.load(target)['state_dict']
    model.load_state_dict(weights)
    assert {w.dtype for w in weights.values()} == {torch.float32, torch.int64}
    with pytest.raises(InputError, match='not a checkpoint of this model'):
        convert_checkpoint(CONFIGS / 'higherhrnet_w32_crowdpose.py', source,
                           target, rename)
