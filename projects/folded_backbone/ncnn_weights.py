"""The convolutions of an ncnn net, as arrays."""
from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from sasd_mmpose.errors import InputError

MAGIC = '7767517'
CONVOLUTIONS = ('Convolution', 'ConvolutionDepthWise')
# The word in front of an array of weights says how it is stored.
RAW_FP32 = (0x00000000, 0x0002C056)
RAW_FP16 = 0x01306B47


class NcnnConvolution(NamedTuple):
    """A convolution, batch norm and activation as ncnn holds them: fused.

    Attributes:
        name (str): The layer's name.
        weight (np.ndarray): Shape (out, in / groups, k, k), float32.
        bias (np.ndarray): Shape (out, ), float32.
        stride (int): Step in pixels.
        groups (int): Number of groups.
        activation (dict | None): As ``act_cfg`` of MMCV; None for none.
    """
    name: str
    weight: np.ndarray
    bias: np.ndarray
    stride: int
    groups: int
    activation: dict | None


class _Blobs:
    """Reads a .bin file from its start to its end.

    Args:
        path (Path): The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = path.read_bytes()
        self.position = 0

    @property
    def left(self) -> int:
        """Bytes that were not read yet."""
        return len(self.content) - self.position

    def numbers(self, dtype: str, count: int) -> np.ndarray:
        """Take ``count`` numbers; what is stored takes whole 4-byte words."""
        size = count * np.dtype(dtype).itemsize
        if size > self.left:
            raise InputError(f'{self.path}: ends before the last weight that '
                             'the .param file lists; give the two files of '
                             'one net')
        array = np.frombuffer(self.content, dtype, count, self.position)
        self.position += -(-size // 4) * 4
        return array

    def weights(self, layer: str, count: int) -> np.ndarray:
        """Take an array with the word in front of it, as float32."""
        flag = int(self.numbers('<u4', 1)[0])
        if flag in RAW_FP32:
            return self.numbers('<f4', count).copy()
        if flag == RAW_FP16:
            return self.numbers('<f2', count).astype(np.float32)
        raise InputError(
            f'{self.path}: {layer} is stored as kind {flag:#010x}, and only 32 '
            'and 16 bit floats are read; give the net as it was before it was '
            'quantised')


def _read_lines(path: Path) -> list[list[str]]:
    """Return the fields of each layer's line of a .param file."""
    try:
        lines = path.read_text().splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f'{path}: not a text file; give the .param file of '
                         'ncnn, not its binary form') from error
    if not lines or lines[0].strip() != MAGIC:
        raise InputError(f'{path}: does not start with {MAGIC}; give a .param '
                         'file of ncnn')
    return [line.split() for line in lines[2:] if line.strip()]


def _parameters(fields: list[str]) -> dict[int, str]:
    """Return the ``key=value`` fields of a layer's line by their number."""
    inputs, outputs = int(fields[2]), int(fields[3])
    pairs = (field.split('=') for field in fields[4 + inputs + outputs:])
    return {int(key): value for key, value in pairs}


def _activation(params: dict[int, str], where: str) -> dict | None:
    """Translate ncnn's number of an activation."""
    kind = int(params.get(9, 0))
    if kind == 0:
        return None
    if kind == 1:
        return dict(type='ReLU')
    if kind == 2:
        # An array: its length, then its elements.
        slope = float(params[-23310].split(',')[1])
        return dict(type='LeakyReLU', negative_slope=slope)
    raise InputError(f'{where} has an activation of kind {kind}; only nets '
                     'with ReLU or LeakyReLU are read')


def read_ncnn_convolutions(param: str | Path,
                           weights: str | Path) -> list[NcnnConvolution]:
    """Read all convolutions of a net, in the order they are computed.

    Args:
        param (str | Path): The net's .param file.
        weights (str | Path): Its .bin file, with weights in 32 or 16 bits.

    Returns:
        list[NcnnConvolution]: The convolutions.

    Raises:
        InputError: A file is missing or damaged, they do not belong together,
            or layers other than convolutions have weights.
    """
    param, weights = Path(param), Path(weights)
    for path in param, weights:
        if not path.is_file():
            raise InputError(f'{path}: no such file; give the .param and the '
                             '.bin file of an ncnn net')
    blobs = _Blobs(weights)
    convolutions = []
    for number, fields in enumerate(_read_lines(param), start=3):
        if fields[0] not in CONVOLUTIONS:
            continue
        where = f'{param}: line {number}'
        try:
            convolutions.append(_read_layer(fields, blobs, where))
        except (ValueError, KeyError, IndexError, ZeroDivisionError) as error:
            raise InputError(f'{where} is no convolution that can be read; '
                             'give a .param file as ncnn writes it') from error
    if not convolutions:
        raise InputError(f'{param}: no convolution in it; give the .param file '
                         'of a convolutional net')
    if blobs.left:
        raise InputError(
            f'{weights}: {blobs.left} bytes are left after the weights of '
            f'{len(convolutions)} convolutions; give the two files of one net, '
            'in which only convolutions have weights')
    return convolutions


def _read_layer(fields: list[str], blobs: _Blobs,
                where: str) -> NcnnConvolution:
    """Read one convolution; see :func:`read_ncnn_convolutions`."""
    params = _parameters(fields)
    out, kernel = int(params[0]), int(params[1])
    shape = (out, int(params[6]) // (out * kernel**2), kernel, kernel)
    weight = blobs.weights(fields[1], int(np.prod(shape))).reshape(shape)
    has_bias = int(params.get(5, 0))
    bias = blobs.numbers('<f4', out) if has_bias else np.zeros(out, 'f4')
    return NcnnConvolution(
        name=fields[1],
        weight=weight,
        bias=bias.copy(),
        stride=int(params.get(3, 1)),
        groups=int(params.get(7, 1)),
        activation=_activation(params, where))
