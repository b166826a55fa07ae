"""Reading convolutions of ncnn files, against files written by hand."""
from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from projects.folded_backbone.ncnn_weights import read_ncnn_convolutions
from sasd_mmpose import InputError

FLAGS = dict(fp32=0, tagged_fp32=0x0002C056, fp16=0x01306B47)


def blob(values: np.ndarray, kind: str) -> bytes:
    """Weights as ncnn stores them, a word that names the kind in front."""
    data = values.astype('<f2' if kind == 'fp16' else '<f4').tobytes()
    return struct.pack('<I', FLAGS[kind]) + data + b'\0' * (-len(data) % 4)


def write_net(folder: Path, kind: str = 'fp16') -> list[tuple]:
    """Write a net of a convolution, a depthwise one and one without bias."""
    rng = np.random.default_rng(0)
    first, depthwise, last = (
        rng.normal(size=shape).astype('f2').astype('f4')
        for shape in ((4, 3, 3, 3), (5, 1, 3, 3), (3, 5, 1, 1)))
    biases = rng.normal(size=4).astype('f4'), rng.normal(size=5).astype('f4')
    (folder / 'net.param').write_text(
        '7767517\n5 5\n'
        'Input in 0 1 in\n'
        'Convolution a 1 1 in x 0=4 1=3 3=2 4=1 5=1 6=108 9=2 '
        '-23310=1,1.000000e-01\n'
        'ConvolutionDepthWise b 1 1 x y 0=5 1=3 3=1 4=1 5=1 6=45 7=5\n'
        'Pooling p 1 1 y z 0=1\n'
        'Convolution c 1 1 z out 0=3 1=1 5=0 6=15 9=1\n')
    (folder / 'net.bin').write_bytes(
        blob(first, kind) + biases[0].tobytes() + blob(depthwise, kind)
        + biases[1].tobytes() + blob(last, kind))
    return [('a', first, biases[0], 2, 1,
             dict(type='LeakyReLU', negative_slope=0.1)),
            ('b', depthwise, biases[1], 1, 5, None),
            ('c', last, np.zeros(3, 'f4'), 1, 1, dict(type='ReLU'))]


@pytest.mark.parametrize('kind', FLAGS)
def test_reads_what_was_written(tmp_path, kind):
    wanted = write_net(tmp_path, kind)
    found = read_ncnn_convolutions(tmp_path / 'net.param',
                                   tmp_path / 'net.bin')
    for got, (name, weight, bias, *rest) in zip(found, wanted, strict=True):
        assert got.name == name
        np.testing.assert_array_equal(got.weight, weight)
        np.testing.assert_array_equal(got.bias, bias)
        assert [got.stride, got.groups, got.activation] == rest


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize('old, new, message', [
    ('7767517', '7767518', 'does not start with 7767517'),
    ('9=2', '9=5', 'line 4 has an activation of kind 5'),
    ('6=108', '5=108', 'line 4 is no convolution'),
    ('0=4', '0=x', 'line 4 is no convolution'),
    ('Convolution c 1 1 z out', 'InnerProduct c 1 1 z out',
     '36 bytes are left after the weights of 2 convolutions'),
    ('0=3 1=1 5=0 6=15', '0=30 1=1 5=0 6=150', 'ends before'),
])
def test_damaged_param(tmp_path, old, new, message):
    write_net(tmp_path)
    change(tmp_path / 'net.param', old, new)
    with pytest.raises(InputError, match=message):
        read_ncnn_convolutions(tmp_path / 'net.param', tmp_path / 'net.bin')


def test_damaged_weights(tmp_path):
    write_net(tmp_path)
    param, weights = tmp_path / 'net.param', tmp_path / 'net.bin'
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-3])
    with pytest.raises(InputError, match='net.bin: ends before'):
        read_ncnn_convolutions(param, weights)
    weights.write_bytes(struct.pack('<I', 0x000D4B38) + whole[4:])
    with pytest.raises(InputError, match='a is stored as kind 0x000d4b38'):
        read_ncnn_convolutions(param, weights)
    with pytest.raises(InputError, match='missing.bin: no such file'):
        read_ncnn_convolutions(param, tmp_path / 'missing.bin')
    with pytest.raises(InputError, match='not a text file'):
        param.write_bytes(b'\xff\xfe\x00')
        read_ncnn_convolutions(param, weights)
    param.write_text('7767517\n1 1\nInput in 0 1 in\n')
    with pytest.raises(InputError, match='no convolution in it'):
        read_ncnn_convolutions(param, weights)
