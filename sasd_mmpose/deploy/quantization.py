"""int8 for ONNX Runtime: static, calibrated on images, heads kept in float.

A pip package that quantises for ncnn does not exist: ``ncnn2table`` and
``ncnn2int8`` are in ncnn's repository only.
"""
from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from mmengine.registry import DATASETS, init_default_scope
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from ..datasets.person_boxes import with_pipeline
from ..engine.config import load_config
from ..engine.quiet import quiet_logs
from ..errors import InputError
from ..inference.letterbox import Letterbox
from ..inference.model_description import InputSpec
from ..inference.sources import open_source, read_frame

HEAD_CONVS = 2  # convolutions of the head of a level
SETTINGS = dict(
    quant_format=QuantFormat.QDQ,
    per_channel=True,
    activation_type=QuantType.QUInt8,
    weight_type=QuantType.QInt8,
    calibrate_method=CalibrationMethod.MinMax,
    extra_options=dict(CalibMovingAverage=True))


class Blobs(CalibrationDataReader):
    """Hands network inputs to the calibration.

    Args:
        spec (InputSpec): The input of the net.
        images (Iterable[np.ndarray]): Images (H, W, 3), BGR, uint8.
    """

    def __init__(self, spec: InputSpec, images: Iterable[np.ndarray]) -> None:
        letterbox = Letterbox(spec, (spec.width, spec.height))
        self._feeds = ({spec.name: letterbox(image)[0]} for image in images)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._feeds, None)


def name_nodes(graph: onnx.GraphProto) -> None:
    """Give every node of a net that has none a name."""
    for index, node in enumerate(graph.node):
        node.name = node.name or f'{node.op_type}_{index}'


def head_nodes(graph: onnx.GraphProto) -> set[str]:
    """Name the nodes of the heads: from each output back to two convolutions.

    Objectness and keypoints are regressed there, in values that spread wide;
    eight bits are too few for them.

    Args:
        graph (onnx.GraphProto): A net whose nodes have names.
    """
    producers = {output: node for node in graph.node for output in node.output}
    names: set[str] = set()
    for output in graph.output:
        frontier = [(output.name, 0)]
        while frontier:
            tensor, convs = frontier.pop()
            node = producers.get(tensor)
            if node is None or convs == HEAD_CONVS:
                continue
            names.add(node.name)
            convs += node.op_type == 'Conv'
            frontier += [(source, convs) for source in node.input]
    return names


def calibration_images(source: str | Path, number: int) -> Iterator[np.ndarray]:
    """Find images to calibrate on.

    Args:
        source (str | Path): A folder of images, or a config, of which the
            training set is taken; its test set is never looked at.
        number (int): How many, evenly spread over what is there.

    Returns:
        Iterator[np.ndarray]: Images (H, W, 3), BGR, uint8.

    Raises:
        InputError: There is no such folder or config, the folder holds no
            images, or the config has no training set.
    """
    if Path(source).is_dir():
        paths = open_source(source).paths
        return (read_frame(path).image for path in _spread(paths, number))
    cfg = load_config(source)
    if cfg.get('train_dataloader') is None:
        raise InputError(f'{source}: lacks the key "train_dataloader", so there is '
                         'nothing to calibrate on; name a folder of images with '
                         '--calibration')
    init_default_scope('mmpose')
    dataset = DATASETS.build(with_pipeline(
        cfg.train_dataloader.dataset, [dict(type='LoadPoseImage')]))
    return (dataset[index]['img'] for index in _spread(range(len(dataset)), number))


def _spread(items: Sequence, number: int) -> Sequence:
    """Choose so many items, evenly."""
    return items[::max(1, len(items) // number)][:number]


def quantize(file: Path, spec: InputSpec, images: Iterable[np.ndarray],
             operators: Sequence[str] | None = None) -> None:
    """Quantise the operators of a net that have an 8-bit form, in its place.

    With convolutions alone, a net loses in conversions between 8 bits and float
    what it gains. Weights get a scale for each channel, activations the range
    that they have on the calibration images.

    Args:
        file (Path): A net in ONNX, opset 13 or later.
        spec (InputSpec): Its input.
        images (Iterable[np.ndarray]): Images (H, W, 3), BGR, uint8.
        operators (Sequence[str] | None): Only these, by ONNX's names; all by
            default.
    """
    net = onnx.load(file)
    name_nodes(net.graph)
    with quiet_logs(logging.WARNING):
        quantize_static(net, file, Blobs(spec, images), op_types_to_quantize=operators,
                        nodes_to_exclude=sorted(head_nodes(net.graph)), **SETTINGS)
