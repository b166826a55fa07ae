"""The command that makes a trainable backbone of a folded one."""
from __future__ import annotations

import json
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmcv.cnn import ConvModule
from small_nets import build, model_cfg
from tool_loader import command

from sasd_mmpose import InputError
from sasd_mmpose.models.backbones import PoseShuffleNetV2

ACT = dict(type='LeakyReLU', negative_slope=0.1)


def write_folded(backbone: PoseShuffleNetV2, folder: Path) -> None:
    """Write the convolutions of a backbone without batch norms, in 32 bits."""
    lines, content = [], b''
    layers = [m for m in backbone.modules() if isinstance(m, ConvModule)]
    for i, layer in enumerate(layers):
        conv = layer.conv
        kind = 'Convolution' if conv.groups == 1 else 'ConvolutionDepthWise'
        lines.append(
            f'{kind} c{i} 1 1 b{i} b{i + 1} 0={conv.out_channels} '
            f'1={conv.kernel_size[0]} 3={conv.stride[0]} 5=1 '
            f'6={conv.weight.numel()} 7={conv.groups} '
            + ('9=2 -23310=1,1e-1' if layer.with_activation else ''))
        content += struct.pack('<I', 0)
        content += conv.weight.detach().numpy().astype('<f4').tobytes()
        content += np.linspace(-1, 1, conv.out_channels, dtype='<f4').tobytes()
    (folder / 'net.param').write_text(
        f'7767517\n{len(lines)} {len(lines)}\n' + '\n'.join(lines))
    (folder / 'net.bin').write_bytes(content)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folded net and images, of which one is listed as annotated."""
    write_folded(PoseShuffleNetV2(0.5, act_cfg=dict(ACT)), tmp_path)
    (tmp_path / 'images').mkdir()
    rng = np.random.default_rng(0)
    for i in range(3):
        cv2.imwrite(str(tmp_path / f'images/{i}.png'),
                    rng.integers(0, 255, (64, 64, 3), dtype='u1'))
    (tmp_path / 'ann.json').write_text(
        json.dumps(dict(images=[dict(file_name='1.png')])))
    return tmp_path


def test_a_config_starts_from_it(folder, monkeypatch, capsys):
    restore = command('projects.folded_backbone.__main__', monkeypatch)
    restore(folder / 'net.param', folder / 'net.bin', folder / 'images',
            folder / 'new/backbone.pth', '--widen-factor', 0.5,
            '--sizes', 48, 64, '--ann', folder / 'ann.json')
    said = capsys.readouterr().out
    assert 'of 1 images' in said and 'LeakyReLU' in said
    checkpoint = torch.load(folder / 'new/backbone.pth', weights_only=True)
    weights = checkpoint['state_dict']
    bare = PoseShuffleNetV2(0.5, act_cfg=dict(ACT))
    assert set(weights) == {f'backbone.{name}' for name in bare.state_dict()}
    cfg = model_cfg()
    cfg.backbone.update(
        widen_factor=0.5, act_cfg=ACT, init_cfg=dict(
            type='Pretrained', checkpoint=str(folder / 'new/backbone.pth'),
            prefix='backbone.'))
    cfg.neck.in_channels = [48, 96, 192]
    model = build(cfg)
    model.init_weights()
    for name, value in weights.items():
        assert torch.equal(model.state_dict()[name], value), name


def test_bad_input(folder, monkeypatch):
    restore = command('projects.folded_backbone.__main__', monkeypatch)
    files = folder / 'net.param', folder / 'net.bin'
    out = folder / 'out.pth'
    with pytest.raises(InputError, match='convolutions are this backbone'):
        restore(*files, folder / 'images', out)
    with pytest.raises(InputError, match='ann.json: no annotations'):
        (folder / 'ann.json').write_text('[]')
        restore(*files, folder / 'images', out, '--widen-factor', 0.5,
                '--ann', folder / 'ann.json')
    with pytest.raises(InputError, match='none of the images'):
        (folder / 'ann.json').write_text('{"images": []}')
        restore(*files, folder / 'images', out, '--widen-factor', 0.5,
                '--ann', folder / 'ann.json')
    assert not out.exists()
    with pytest.raises(InputError, match='net.bin/out.pth: cannot be written'):
        restore(*files, folder / 'images', folder / 'net.bin' / 'out.pth',
                '--widen-factor', 0.5, '--num', 1)


def test_a_config_whose_checkpoint_is_missing():
    cfg = model_cfg('sasd_xs_coco_mini_pretrained')
    cfg.backbone.init_cfg.checkpoint = 'nowhere/backbone.pth'
    model = build(cfg)
    with pytest.raises(InputError, match='init_cfg: nowhere/backbone.pth'):
        model.init_weights()
