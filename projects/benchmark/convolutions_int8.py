"""Convolutions alone in 8 bits: what `sasd export` is compared with."""
from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import quantize_static

from sasd_mmpose.deploy.quantization import SETTINGS, Blobs, head_nodes, name_nodes
from sasd_mmpose.engine.quiet import quiet_logs
from sasd_mmpose.inference.model_description import InputSpec


def quantize_convolutions(file: Path, spec: InputSpec,
                          images: Iterable[np.ndarray]) -> None:
    """Quantise the convolutions outside the heads of a net, in its place.

    Args:
        file (Path): A net in ONNX, opset 13 or later.
        spec (InputSpec): Its input.
        images (Iterable[np.ndarray]): Images (H, W, 3), BGR, uint8.
    """
    net = onnx.load(file)
    name_nodes(net.graph)
    with quiet_logs(logging.WARNING):
        quantize_static(net, file, Blobs(spec, images), op_types_to_quantize=['Conv'],
                        nodes_to_exclude=sorted(head_nodes(net.graph)), **SETTINGS)
