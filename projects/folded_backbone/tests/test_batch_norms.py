"""Batch norms of a net whose own were folded into its convolutions."""
from __future__ import annotations

import copy

import cv2
import numpy as np
import pytest
import torch
import torch.nn as nn
from mmcv.cnn import ConvModule
from torch.nn.modules.batchnorm import _BatchNorm

from projects.folded_backbone.batch_norms import (
    NANODET_INPUT,
    InputNorm,
    image_inputs,
    load_folded,
    refer_to_input,
    restore_batch_norms,
)
from projects.folded_backbone.ncnn_weights import (
    NcnnConvolution,
    read_ncnn_convolutions,
)
from sasd_mmpose import InputError
from sasd_mmpose.models.backbones import PoseShuffleNetV2

OURS = InputNorm((0, 0, 0), (255, 255, 255), bgr=False)
LEAKY = dict(type='LeakyReLU', negative_slope=0.1)


def small_net() -> nn.Sequential:
    """Two layers with batch norms, the second without activation."""
    layer = dict(norm_cfg=dict(type='BN', eps=1e-3))
    return nn.Sequential(
        ConvModule(3, 6, 3, stride=2, act_cfg=dict(LEAKY), **layer),
        ConvModule(6, 6, 3, groups=6, act_cfg=None, **layer)).eval()


def trained_net(seed: int) -> nn.Sequential:
    """A net whose batch norms are not those of a new one."""
    torch.manual_seed(seed)
    net = small_net()
    for norm in (m for m in net.modules() if isinstance(m, _BatchNorm)):
        norm.weight.data.uniform_(0.5, 2)
        norm.bias.data.normal_()
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
    return net


def folded(net: nn.Sequential) -> list[NcnnConvolution]:
    """Fold each batch norm into its convolution, by its definition."""
    found = []
    for layer in net:
        norm = layer.norm
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        weight = layer.conv.weight * scale[:, None, None, None]
        bias = norm.bias - norm.running_mean * scale
        found.append(NcnnConvolution(
            'conv', weight.detach().numpy(), bias.detach().numpy(),
            layer.conv.stride[0], layer.conv.groups,
            LEAKY if layer.with_activation else None))
    return found


@pytest.fixture
def inputs() -> list[torch.Tensor]:
    """Images of different sizes."""
    return [torch.rand(1, 3, side, 2 * side) for side in (17, 24, 31)]


def test_a_folded_net_computes_the_same(inputs):
    trained, net = trained_net(1), small_net()
    load_folded(net, folded(trained), 'net')
    torch.testing.assert_close(net(inputs[0]), trained(inputs[0]))
    restore_batch_norms(net, inputs)
    torch.testing.assert_close(net(inputs[0]), trained(inputs[0]))


def test_moments_are_those_of_each_input(inputs):
    net = trained_net(1)
    assert restore_batch_norms(net, inputs) == 3
    seen = [net[0].conv(x) for x in inputs]
    second = [net[1].conv(net[0](x)) for x in inputs]
    for layer, values in zip(net, (seen, second), strict=True):
        pooled = torch.cat([v[0].flatten(1) for v in values], dim=1)
        torch.testing.assert_close(layer.norm.running_mean, pooled.mean(1))
        torch.testing.assert_close(
            layer.norm.running_var, pooled.var(1, correction=0))


def test_training_starts_where_the_folded_net_is(inputs):
    """With the statistics of the very batch, training mode agrees too."""
    trained = trained_net(1)
    net = copy.deepcopy(trained)
    restore_batch_norms(net, inputs[:1])
    torch.testing.assert_close(
        net.train()(inputs[0]), trained(inputs[0]), rtol=1e-4, atol=1e-5)
    assert not any(p.grad is not None for p in net.parameters())


def test_the_mode_is_left_as_it_was_and_nothing_hooked(inputs):
    net = trained_net(1).train()
    restore_batch_norms(net, inputs)
    assert net.training
    assert not any(m._forward_pre_hooks for m in net.modules())


def test_no_images():
    with pytest.raises(InputError, match='no image to measure'):
        restore_batch_norms(trained_net(1), [])


@pytest.mark.parametrize('becomes', [
    OURS, InputNorm((10, 20, 30), (50, 60, 70), bgr=True)])
def test_first_convolution_for_other_preparation(becomes):
    """One image, prepared in both ways: equal but for the border."""
    image = np.random.default_rng(0).uniform(0, 255, (3, 12, 12))  # BGR
    conv = NcnnConvolution(
        'conv', np.random.default_rng(1).normal(size=(4, 3, 3, 3)).astype('f4'),
        np.ones(4, 'f4'), 1, 1, None)

    def prepared(norm: InputNorm) -> torch.Tensor:
        values = image if norm.bgr else image[::-1]
        mean, std = (np.reshape(v, (3, 1, 1)) for v in norm[:2])
        return torch.from_numpy(((values - mean) / std).astype('f4'))[None]

    def run(c: NcnnConvolution, norm: InputNorm) -> torch.Tensor:
        return nn.functional.conv2d(
            prepared(norm), torch.from_numpy(c.weight), torch.from_numpy(c.bias))

    torch.testing.assert_close(
        run(refer_to_input(conv, NANODET_INPUT, becomes), becomes),
        run(conv, NANODET_INPUT), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('change, message', [
    (dict(stride=1), 'has shape, stride and groups'),
    (dict(groups=3), 'has shape, stride and groups'),
    (dict(activation=None), 'is followed by None'),
    (dict(activation=dict(type='ReLU')), 'is followed by .*ReLU'),
    (dict(activation=dict(LEAKY, negative_slope=0.2)), 'is followed by .*0.2'),
])
def test_another_net(change, message):
    first, second = folded(trained_net(1))
    with pytest.raises(InputError, match=message):
        load_folded(small_net(), [first._replace(**change), second], 'a.param')


def test_too_few_convolutions():
    with pytest.raises(InputError, match='a.param: 1 conv.*backbone has 2'):
        load_folded(small_net(), folded(trained_net(1))[:1], 'a.param')


def test_images_keep_their_proportions(tmp_path):
    paths = []
    for i in range(4):
        paths.append(tmp_path / f'{i}.png')
        cv2.imwrite(str(paths[-1]), np.full((60, 120, 3), (0, 51, 102), 'u1'))
    found = list(image_inputs(paths, (64, 96), OURS, seed=3))
    sides = [x.shape[-1] for x in found]
    assert len(set(sides)) > 1 and all(64 <= side <= 96 for side in sides)
    for x in found:
        assert abs(x.shape[-1] - 2 * x.shape[-2]) <= 1
        torch.testing.assert_close(
            x.mean(dim=(0, 2, 3)), torch.tensor([0.4, 0.2, 0.0]))
    (tmp_path / '1.png').write_text('no image')
    with pytest.raises(InputError, match=r'1\.png'):
        list(image_inputs(paths, (64, 96), OURS))


# -------------------------------------------------------------- a real net


@pytest.fixture(scope='module')
def nanodet(data_root):
    """A ShuffleNetV2 that has seen COCO, folded: its two files."""
    stem = data_root / 'pretrained' / 'nanodet_m'
    if not stem.with_suffix('.bin').is_file():
        pytest.skip('needs pretrained/nanodet_m in SASD_DATA_ROOT')
    return stem.with_suffix('.param'), stem.with_suffix('.bin')


def test_stages_are_those_that_ncnn_computes(nanodet, coco_mini):
    ncnn = pytest.importorskip('ncnn')
    path = sorted((coco_mini / 'images').iterdir())[0]
    image = cv2.resize(cv2.imread(str(path)), (96, 64)).astype('f4')
    image = (image - NANODET_INPUT.mean) / NANODET_INPUT.std
    image = np.ascontiguousarray(image.transpose(2, 0, 1), 'f4')

    convolutions = read_ncnn_convolutions(*nanodet)
    backbone = PoseShuffleNetV2(act_cfg=convolutions[0].activation).eval()
    load_folded(backbone, convolutions, 'nanodet_m')
    with torch.no_grad():
        stages = backbone(torch.from_numpy(image)[None])

    net = ncnn.Net()
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = False
    net.opt.use_fp16_arithmetic = False
    net.load_param(str(nanodet[0]))
    net.load_model(str(nanodet[1]))
    extractor = net.create_extractor()
    extractor.input('input.1', ncnn.Mat(image))
    for stage, name in zip(stages, ('492', '623', '690'), strict=True):
        wanted = np.array(extractor.extract(name)[1])
        np.testing.assert_allclose(stage[0].numpy(), wanted, atol=1e-4)
