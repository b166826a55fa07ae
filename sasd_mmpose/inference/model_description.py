"""``deploy.json``: what a program must know of a net beside its weights."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError

FILE_NAME = 'deploy.json'
FORMAT = 'sasd_mmpose.pose/1'
# Backend that a folder is made for -> its files, and what else runs them.
MODEL_FILES = {
    'ncnn': ('end2end.param', 'end2end.bin'),
    'onnxruntime': ('end2end.onnx', ),
}
PRECISIONS = ('fp32', 'fp16', 'int8')
LAYOUT = (
    'channel = anchor * (5 + 3 K) + field; fields: x, y, w, h, objectness, '
    'then x, y, confidence of each keypoint')


@dataclass(frozen=True)
class InputSpec:
    """The net's input, and how an image becomes one.

    Attributes:
        name (str): Name of the blob, of shape (1, 3, height, width).
        width (int): Pixels.
        height (int): Pixels.
        dynamic (bool): Whether other sizes serve, too; width and height are
            then what is taken where none is asked for.
        divisor (int): Sides are multiples of it: the largest stride.
        color (str): ``'rgb'`` or ``'bgr'``: order of the channels.
        mean (Sequence[float]): Subtracted from each channel, in this order.
        std (Sequence[float]): Each channel is divided by it afterwards.
        pad_value (int): Grey value around the image.
    """
    name: str
    width: int
    height: int
    dynamic: bool
    divisor: int
    color: str
    mean: Sequence[float]
    std: Sequence[float]
    pad_value: int


@dataclass(frozen=True)
class OutputSpec:
    """A raw map: one level of the net.

    Attributes:
        name (str): Name of the blob.
        stride (int): Pixels of the network input per cell.
        anchors (Sequence[Sequence[float]]): A pairs of width and height in
            pixels of the network input, at any size of it.
    """
    name: str
    stride: int
    anchors: Sequence[Sequence[float]]


@dataclass(frozen=True)
class Keypoint:
    """A keypoint: its name, and (r, g, b) to draw it in."""
    name: str
    color: Sequence[int]


@dataclass(frozen=True)
class Bone:
    """A bone: the numbers of its two keypoints, and (r, g, b)."""
    link: Sequence[int]
    color: Sequence[int]


@dataclass(frozen=True)
class Thresholds:
    """What counts as found.

    Attributes:
        score (float): Persons at or below it are left out.
        keypoint (float): Keypoints below it are not drawn.
        nms_iou (float): A box that overlaps a better one by more is the same
            person.
        nms_pre (int): So many candidates at most enter the suppression.
        max_people (int): So many persons at most leave it.
    """
    score: float = 0.3
    keypoint: float = 0.3
    nms_iou: float = 0.65
    nms_pre: int = 1000
    max_people: int = 100


@dataclass(frozen=True)
class ModelDescription:
    """The content of ``deploy.json``.

    Attributes:
        name (str): Name of the model.
        backend (str): What its files are made for, a key of ``MODEL_FILES``.
        precision (str): ``'fp32'``, ``'fp16'`` or ``'int8'``.
        files (Sequence[str]): Names of its files in the folder.
        input (InputSpec): The input.
        outputs (Sequence[OutputSpec]): The raw maps, finest first.
        keypoints (Sequence[Keypoint]): The K keypoints.
        skeleton (Sequence[Bone]): The bones.
        thresholds (Thresholds): What counts as found.
        versions (Mapping[str, str]): Of the packages that made it.
        source (Mapping[str, str]): Config and checkpoint that it comes from.
        layout (str): What the channels of a map are, in words.
        format (str): Name and version of the format.
    """
    name: str
    backend: str
    precision: str
    files: Sequence[str]
    input: InputSpec
    outputs: Sequence[OutputSpec]
    keypoints: Sequence[Keypoint]
    skeleton: Sequence[Bone]
    thresholds: Thresholds = field(default_factory=Thresholds)
    versions: Mapping[str, str] = field(default_factory=dict)
    source: Mapping[str, str] = field(default_factory=dict)
    layout: str = LAYOUT
    format: str = FORMAT

    @property
    def num_keypoints(self) -> int:
        """K."""
        return len(self.keypoints)

    @property
    def drawing_metainfo(self) -> dict[str, Any]:
        """The keys of parsed meta information that :class:`PoseDrawer` reads."""
        return dict(
            skeleton_links=[tuple(bone.link) for bone in self.skeleton],
            skeleton_link_colors=[bone.color for bone in self.skeleton],
            keypoint_colors=[keypoint.color for keypoint in self.keypoints])

    def map_shape(self, output: OutputSpec,
                  size: tuple[int, int]) -> tuple[int, int, int]:
        """Return the shape (channels, rows, columns) of a map.

        Args:
            output (OutputSpec): The level.
            size (tuple[int, int]): Width and height of the input in pixels.
        """
        width, height = size
        channels = len(output.anchors) * (5 + 3 * self.num_keypoints)
        return channels, height // output.stride, width // output.stride

    def input_size(self, size: int | Sequence[int] | None) -> tuple[int, int]:
        """Return the width and height to use where ``size`` is asked for.

        Args:
            size (int | Sequence[int] | None): Side of a square, or width and
                height, in pixels; None for the default.

        Raises:
            InputError: The net cannot take it.
        """
        own = (self.input.width, self.input.height)
        if size is None:
            return own
        width, height = (size, size) if isinstance(size, int) else size
        if not self.input.dynamic and (width, height) != own:
            raise InputError(
                f'input size {width} x {height}: this net takes {own[0]} x '
                f'{own[1]} only; export it with a dynamic deploy config')
        step = self.input.divisor
        if min(width, height) < step or width % step or height % step:
            raise InputError(
                f'input size {width} x {height}: both sides must be multiples '
                f'of {step}')
        return width, height

    def write(self, folder: Path) -> None:
        """Write ``deploy.json`` into a folder."""
        content = asdict(self)
        content = dict(format=content.pop('format'), **content)
        text = json.dumps(content, indent=1, ensure_ascii=False)
        # Pairs and colours on a line each: people read this, too.
        text = re.sub(r'\[\s+([-\d.,\s]+?)\s+\]',
                      lambda m: f'[{" ".join(m[1].split())}]', text)
        (folder / FILE_NAME).write_text(text + '\n', encoding='utf-8')

    @classmethod
    def read(cls, folder: str | Path) -> ModelDescription:
        """Read the description of a model folder, and check it.

        Args:
            folder (str | Path): The folder.

        Raises:
            InputError: There is none, a file is missing, or it says what
                cannot be.
        """
        path = Path(folder) / FILE_NAME
        if not Path(folder).is_dir():
            raise InputError(f'{folder}: no such model folder')
        try:
            content = json.loads(path.read_text(encoding='utf-8'))
        except OSError as error:
            raise InputError(f'{path}: cannot be read ({error.strerror}); is '
                             'this a folder that sasd export wrote?'
                             ) from error
        except ValueError as error:
            raise InputError(f'{path}: no json ({error})') from error
        description = _parse(content, path)
        for name in description.files:
            if not (Path(folder) / name).is_file():
                raise InputError(f'{folder}: lacks {name}, which its {FILE_NAME} '
                                 'names; export it again')
        return description


def _parse(content: Any, path: Path) -> ModelDescription:
    """Turn parsed json into a description; raise InputError where it is none."""
    if not isinstance(content, dict) or content.get('format') != FORMAT:
        raise InputError(f'{path}: its "format" is not {FORMAT!r}; take the '
                         'version of this package that wrote it')
    try:
        description = _build(ModelDescription, content, '')
        _check(description)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f'{path}: {error.args[0]}') from error
    return description


_PARTS = {'input': InputSpec, 'thresholds': Thresholds}
_LISTS = {'outputs': OutputSpec, 'keypoints': Keypoint, 'skeleton': Bone}


def _build(kind: type, content: Any, where: str) -> Any:
    """Build a dataclass of parsed json.

    Raises:
        KeyError: A key is missing.
        TypeError: Something is no object or list.
    """
    if not isinstance(content, dict):
        raise TypeError(f'{where} must be an object')
    values = {}
    for name in (f.name for f in fields(kind)):
        key = f'{where}.{name}'.lstrip('.')
        if name not in content:
            raise KeyError(f'has no key {key}')
        value = content[name]
        if name in _PARTS:
            value = _build(_PARTS[name], value, key)
        elif name in _LISTS:
            if not isinstance(value, list):
                raise TypeError(f'{key} must be a list')
            value = [_build(_LISTS[name], part, f'{key}[{i}]')
                     for i, part in enumerate(value)]
        values[name] = value
    return kind(**values)


def _check(d: ModelDescription) -> None:
    """Raise ValueError where values cannot be."""
    size = d.input
    strides = [output.stride for output in d.outputs]
    for name, right in {
            'backend': d.backend in MODEL_FILES,
            'precision': d.precision in PRECISIONS,
            # While a model is replaced, its files lie in a folder beside.
            'files': tuple(Path(name).name for name in d.files)
            == MODEL_FILES.get(d.backend),
            'layout': d.layout == LAYOUT,
            'outputs': bool(d.outputs) and all(
                np.ndim(output.anchors) == 2 and np.shape(output.anchors)[1] == 2
                for output in d.outputs),
            'outputs.stride': min(strides, default=0) > 0,
            'keypoints': d.num_keypoints > 0,
            'skeleton': all(0 <= end < d.num_keypoints
                            for bone in d.skeleton for end in bone.link),
            'input.color': size.color in ('rgb', 'bgr'),
            'input.mean': np.shape(size.mean) == (3, ),
            'input.std': np.shape(size.std) == (3, ) and min(size.std) > 0,
            'input.divisor': size.divisor == max(strides, default=0),
            'input.width': size.width > 0 and size.width % size.divisor == 0,
            'input.height': size.height > 0 and size.height % size.divisor == 0,
    }.items():
        if not right:
            raise ValueError(f'{name} has a value that is not allowed')
