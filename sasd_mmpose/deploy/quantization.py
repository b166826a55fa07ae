"""int8 for ONNX Runtime: static, calibrated on pictures, heads kept in float.

A pip package that quantises for ncnn does not exist: ``ncnn2table`` and
``ncnn2int8`` are in ncnn's repository only.
"""
from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import onnx
from mmengine.config import Config
from mmengine.registry import DATASETS
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from ..inference.letterbox import Letterbox
from ..inference.model_description import InputSpec

HEAD_CONVS = 2  # convolutions of the head of a level


class _Blobs(CalibrationDataReader):
    """Hands network inputs to the calibration."""

    def __init__(self, name: str, blobs: Iterable[np.ndarray]) -> None:
        self._feeds = ({name: blob} for blob in blobs)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._feeds, None)


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


def calibration_blobs(cfg: Config, spec: InputSpec,
                      number: int) -> Iterator[np.ndarray]:
    """Make network inputs of pictures that a config trains on.

    Args:
        cfg (Config): The config; its test set is never looked at.
        spec (InputSpec): The network input.
        number (int): How many, evenly spread over the set.

    Yields:
        np.ndarray: Shape (1, 3, height, width), float32.
    """
    dataset_cfg = dict(cfg.train_dataloader.dataset)
    dataset_cfg['pipeline'] = [dict(type='LoadPoseImage')]
    dataset = DATASETS.build(dataset_cfg)
    letterbox = Letterbox(spec, (spec.width, spec.height))
    step = max(1, len(dataset) // number)
    for index in islice(range(0, len(dataset), step), number):
        yield letterbox(dataset[index]['img'])[0]


def quantize(file: Path, input_name: str, blobs: Iterable[np.ndarray]) -> None:
    """Quantise a net in its place.

    Weights get a scale for each channel, activations the range that they have
    on the calibration pictures.

    Args:
        file (Path): A net in ONNX, opset 13 or later.
        input_name (str): Name of its input.
        blobs (Iterable[np.ndarray]): Inputs to calibrate with.
    """
    net = onnx.load(file)
    for index, node in enumerate(net.graph.node):
        node.name = node.name or f'{node.op_type}_{index}'
    logging.disable(logging.WARNING)
    try:
        quantize_static(
            net, file, _Blobs(input_name, blobs),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=['Conv'],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=sorted(head_nodes(net.graph)),
            calibrate_method=CalibrationMethod.MinMax,
            extra_options=dict(CalibMovingAverage=True))
    finally:
        logging.disable(logging.NOTSET)
