"""LitePose: sizes, configs, original weights, ncnn."""
from __future__ import annotations

import sys
from pathlib import Path

import ncnn
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.analysis import FlopAnalyzer
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import DATASETS, MODELS
from torch import Tensor

import projects.synthetic_people  # noqa: F401  (registers the data set)
from projects.associative_embedding.conversion import convert_checkpoint
from projects.associative_embedding.overfit import overfit_cfg
from projects.associative_embedding.runtime import AERuntime
from projects.litepose.checkpoint_keys import rename
from projects.litepose.tools import convert_checkpoint as tool
from sasd_mmpose import InputError
from sasd_mmpose.deploy.pnnx import convert as convert_to_ncnn

CONFIGS = Path(__file__).parents[3] / 'projects' / 'litepose' / 'configs'
# Nominal size, parameters in millions, 10^9 multiply-accumulates of
# convolutions and batch norms at that square and for a 4:3 image.
SIZES = dict(
    xs=(256, 1.676, 0.919, 1.379),
    s=(448, 2.732, 3.736, 5.337),
    m=(448, 3.534, 5.418, 7.740),
    l=(512, 5.739, 10.204, 14.03))
SMALL = 64


def load(variant: str, data: str = 'coco') -> Config:
    cfg = Config.fromfile(CONFIGS / f'litepose_{variant}_{data}.py')
    init_default_scope('mmpose')
    return cfg


@pytest.mark.parametrize('variant', SIZES)
def test_size_is_that_of_the_original(variant):
    nominal, params, square, image = SIZES[variant]
    cfg = load(variant)
    model = MODELS.build(cfg.model).eval()
    number = sum(p.numel() for p in model.parameters())
    assert number / 1e6 == pytest.approx(params, rel=0.01)
    # Counted at a small size: all of it grows exactly with the area.
    counter = FlopAnalyzer(model, (torch.zeros(1, 3, SMALL, SMALL), None))
    counter.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    per_pixel = counter.total() / SMALL**2 / 1e9
    assert per_pixel * nominal**2 == pytest.approx(square, rel=0.01)
    width, height = AERuntime.from_config(cfg).input_size(640, 480)
    assert height == nominal
    assert per_pixel * width * height == pytest.approx(image, rel=0.01)


@pytest.mark.parametrize('data, number', [('coco', 17), ('crowdpose', 14)])
@pytest.mark.parametrize('variant', SIZES)
def test_resolution_and_keypoints_follow_from_the_config(variant, data, number):
    cfg = load(variant, data)
    size = (SIZES[variant][0], ) * 2
    assert 'projects.litepose' in cfg.custom_imports.imports
    train, test = (cfg[f'{split}_dataloader'].dataset.pipeline
                   for split in ('train', 'test'))
    assert next(t for t in test
                if t.type == 'BottomupResize').input_size == size
    assert next(t for t in train
                if t.type == 'BottomupRandomAffine').input_size == size
    encoders = next(t for t in train if t.type == 'GenerateTarget').encoder
    assert [(e.input_size, e.heatmap_size) for e in encoders] == [
        (size, (size[0] // s, size[1] // s)) for s in (4, 2)]
    head = MODELS.build(cfg.model.head)
    assert head.num_keypoints == number
    assert sorted(head.decoder.decode_keypoint_order) == list(range(number))


def test_maps_have_a_quarter_and_half_the_size():
    model = MODELS.build(load('xs', 'crowdpose').model).eval()
    with torch.no_grad():
        coarse, fine = model(torch.zeros(2, 3, 64, 128), None, mode='tensor')
    assert coarse.shape == (2, 28, 16, 32) and fine.shape == (2, 14, 32, 64)


@pytest.mark.parametrize('data', ['coco', 'crowdpose'])
def test_config_trains_and_predicts(data, tmp_path):
    cfg = load('xs', data)
    small = overfit_cfg(CONFIGS / f'litepose_xs_{data}.py', tmp_path, size=64,
                        steps=1, batch_size=2, lr=1e-3, tag_weight=0.001)
    small.model.test_cfg.flip_test = cfg.model.test_cfg.flip_test
    model = MODELS.build(small.model)
    model.init_weights()
    for loader in small.train_dataloader, small.test_dataloader:
        loader.dataset.metainfo = cfg.metainfo
    images = DATASETS.build(small.train_dataloader.dataset)
    batch = model.data_preprocessor(
        pseudo_collate([images[0], images[1]]), training=True)
    losses = model(**batch, mode='loss')
    assert losses.keys() == {
        'loss_heatmap_0', 'loss_heatmap_1', 'loss_pull', 'loss_push'}
    sum(losses.values()).backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())

    images = DATASETS.build(small.test_dataloader.dataset)
    with torch.no_grad():
        sample, = model.eval().test_step(pseudo_collate([images[0]]))
    found = sample.pred_instances
    assert found.keypoints.shape[1:] == (model.head.num_keypoints, 2)
    assert len(found.bboxes) == len(found.bbox_scores) == len(found.keypoints)


@pytest.mark.slow
def test_the_runner_trains_a_config(tmp_path):
    """The first steps of an overfitting run; results/ has all of them."""
    cfg = overfit_cfg(CONFIGS / 'litepose_xs_coco.py', tmp_path, size=64,
                      steps=60, batch_size=4, lr=4e-3, tag_weight=0.2)
    cfg.log_level = 'ERROR'
    runner = Runner.from_cfg(cfg)
    runner.train()
    for name in ('loss_heatmap_0', 'loss_heatmap_1'):
        losses, _ = runner.message_hub.get_scalar(f'train/{name}').data
        assert len(losses) == 60
        assert losses[-10:].mean() < 0.7 * losses[:10].mean()
    assert 'coco/AP' in runner.test()


# ----------------------------------------------------------- original weights


def original_weights(stem: int, widths: list[int], deconvs: list[int],
                     keypoints: int) -> dict[str, Tensor]:
    """Random weights of LitePose, by the names of the original code."""
    weights: dict[str, Tensor] = {}

    def conv(name: str, *shape: int) -> None:
        fan_in = shape[1] * shape[2] * shape[3]
        weights[f'{name}.weight'] = torch.randn(shape) / fan_in**0.5

    def norm(name: str, width: int) -> None:
        weights[f'{name}.weight'] = torch.rand(width) + 0.5
        weights[f'{name}.bias'] = torch.randn(width) * 0.1
        weights[f'{name}.running_mean'] = torch.randn(width) * 0.1
        weights[f'{name}.running_var'] = torch.rand(width) + 0.5
        weights[f'{name}.num_batches_tracked'] = torch.tensor(1)

    conv('first.0.0', 32, 3, 3, 3), norm('first.0.1', 32)
    conv('first.1.0', 32, 1, 3, 3), norm('first.1.1', 32)
    conv('first.2', stem, 32, 1, 1), norm('first.3', stem)
    width = stem
    for i, (blocks, out) in enumerate(zip((6, 8, 10, 10), widths)):
        for j in range(blocks):
            name, middle = f'stage.{i}.{j}', 6 * width
            conv(f'{name}.inv.0', middle, width, 1, 1)
            norm(f'{name}.inv.1', middle)
            conv(f'{name}.depth_conv.0', middle, 1, 7, 7)
            norm(f'{name}.depth_conv.1', middle)
            conv(f'{name}.point_conv.0', out, middle, 1, 1)
            norm(f'{name}.point_conv.1', out)
            width = out
    raw = [stem, *widths[:-1]][::-1]
    refined = [widths[-1], *deconvs]
    for i, out in enumerate(deconvs):
        conv(f'deconv_refined.{i}', refined[i], out, 4, 4)
        conv(f'deconv_raw.{i}', raw[i], out, 4, 4)
        norm(f'deconv_bnrelu.{i}.0', out)
    for i, channels in enumerate((2 * keypoints, keypoints)):
        for kind, width in (('refined', refined[i + 2]), ('raw', raw[i + 2])):
            name = f'final_{kind}.{i}.conv'
            conv(f'{name}.0', width, 1, 5, 5)
            norm(f'{name}.1', width)
            conv(f'{name}.3', channels, width, 1, 1)
    return weights


class OriginalNet:
    """The original net's forward pass, restated on its weights by name."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        self.weights = weights

    def conv(self, x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = self.weights[f'{name}.weight']
        groups = x.shape[1] // weight.shape[1]
        return F.conv2d(x, weight, stride=stride, groups=groups,
                        padding=weight.shape[-1] // 2)

    def norm(self, x: Tensor, name: str) -> Tensor:
        mean, var, weight, bias = (
            self.weights[f'{name}.{part}'][:, None, None]
            for part in ('running_mean', 'running_var', 'weight', 'bias'))
        return (x - mean) / (var + 1e-5).sqrt() * weight + bias

    def block(self, x: Tensor, name: str, stride: int) -> Tensor:
        y = self.norm(self.conv(x, f'{name}.inv.0'), f'{name}.inv.1')
        y = self.conv(F.relu6(y), f'{name}.depth_conv.0', stride)
        y = F.relu6(self.norm(y, f'{name}.depth_conv.1'))
        y = self.norm(self.conv(y, f'{name}.point_conv.0'),
                      f'{name}.point_conv.1')
        return x + y if x.shape == y.shape else y

    def deconv(self, x: Tensor, name: str) -> Tensor:
        return F.conv_transpose2d(
            x, self.weights[f'{name}.weight'], stride=2, padding=1)

    def final(self, x: Tensor, name: str) -> Tensor:
        y = self.norm(self.conv(x, f'{name}.conv.0'), f'{name}.conv.1')
        return self.conv(F.relu(y), f'{name}.conv.3')

    def __call__(self, x: Tensor) -> list[Tensor]:
        x = F.relu6(self.norm(self.conv(x, 'first.0.0', 2), 'first.0.1'))
        x = F.relu6(self.norm(self.conv(x, 'first.1.0'), 'first.1.1'))
        features = [self.norm(self.conv(x, 'first.2'), 'first.3')]
        for i, (blocks, stride) in enumerate(zip((6, 8, 10, 10), (2, 2, 2, 1))):
            x = features[-1]
            for j in range(blocks):
                x = self.block(x, f'stage.{i}.{j}', 1 if j else stride)
            features.append(x)
        refined, raw, maps = features[-1], features[-2], []
        for i in range(3):
            refined = F.relu(self.norm(
                self.deconv(refined, f'deconv_refined.{i}')
                + self.deconv(raw, f'deconv_raw.{i}'), f'deconv_bnrelu.{i}.0'))
            raw = features[-3 - i]
            if i:
                maps.append(self.final(refined, f'final_refined.{i - 1}')
                            + self.final(raw, f'final_raw.{i - 1}'))
        return maps


@pytest.mark.parametrize('prefix', ['', 'module.1.'])
def test_original_weights_give_the_original_maps(prefix, tmp_path):
    weights = original_weights(16, [16, 32, 48, 80], [16, 24, 24], 17)
    source, target = tmp_path / 'original.pth.tar', tmp_path / 'converted.pth'
    torch.save({'epoch': 500, 'state_dict': {
        prefix + name: weight for name, weight in weights.items()}}, source)
    config = CONFIGS / 'litepose_xs_coco.py'
    assert convert_checkpoint(config, source, target, rename) == len(weights)

    model = MODELS.build(load('xs').model).eval()
    model.load_state_dict(torch.load(target)['state_dict'])
    x = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        maps = model(x, None, mode='tensor')
        for found, expected in zip(maps, OriginalNet(weights)(x), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_converter_refuses_what_does_not_fit(tmp_path, monkeypatch):
    source, target = tmp_path / 'original.pth', tmp_path / 'converted.pth'
    torch.save(original_weights(16, [16, 32, 48, 120], [32, 24, 32], 17), source)
    for config in ('litepose_xs_coco', 'litepose_s_crowdpose'):
        monkeypatch.setattr(sys, 'argv', [
            'tool', str(CONFIGS / f'{config}.py'), str(source), str(target)])
        with pytest.raises(InputError, match='not a checkpoint of this model'):
            tool.main()
    assert not target.exists()


# ---------------------------------------------------------------------- ncnn


@pytest.mark.slow
def test_ncnn_gives_the_maps_of_torch(tmp_path):
    cfg = load('xs')
    model = MODELS.build(cfg.model).eval()
    weights = original_weights(16, [16, 32, 48, 80], [16, 24, 24], 17)
    model.load_state_dict({rename(k): v for k, v in weights.items()})
    model.forward = lambda x: model.head(model.extract_feat(x))
    onnx = tmp_path / 'net.onnx'
    image = np.random.default_rng(0).integers(
        0, 256, (192, 256, 3)).astype(np.uint8)
    blob, _ = AERuntime.from_config(cfg).preprocess(image)
    torch.onnx.export(model, torch.from_numpy(blob), onnx, dynamo=False,
                      opset_version=11, input_names=['in0'])
    files = tmp_path / 'net.param', tmp_path / 'net.bin'
    convert_to_ncnn(onnx, *files)

    net = ncnn.Net()
    net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.num_threads = 1
    assert net.load_param(str(files[0])) == net.load_model(str(files[1])) == 0
    run = net.create_extractor()
    run.input('in0', ncnn.Mat(blob[0]))
    maps = [np.array(run.extract(f'out{level}')[1]) for level in (0, 1)]
    with torch.no_grad():
        expected = [level[0].numpy() for level in model(torch.from_numpy(blob))]
    for found, wanted in zip(maps, expected, strict=True):
        assert np.abs(found - wanted).max() < 1e-4 * np.abs(wanted).max()
