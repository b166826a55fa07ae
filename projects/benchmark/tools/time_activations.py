"""What 8 bits and another activation would buy: time of untrained nets.

The same net with SiLU in neck and head, as it is, and with hard-swish or ReLU in its
place, in float and in int8, on each runtime: CPU time of the net alone, by turns, and
where ONNX Runtime spends it. Untrained: for speed, not for accuracy.

    python -m projects.benchmark.tools.time_activations \\
        --out results/activations.json
"""
from __future__ import annotations

import argparse
import json
import logging
import shutil
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import torch

import sasd_mmpose.registration  # noqa: F401
from projects.result_files import write_result
from sasd_mmpose.deploy.pnnx import convert
from sasd_mmpose.deploy.quantization import quantize
from sasd_mmpose.environment import versions
from sasd_mmpose.errors import InputError, install_excepthook
from sasd_mmpose.inference.model_description import MODEL_FILES
from sasd_mmpose.inference.runtimes.nets import open_net

from ..candidate import Candidate
from ..catalogue import Entry
from ..images import LabelledImage, drawn_images
from ..net_options import ROOT, check_options, net_parser
from ..report import PACKAGES, host
from ..runtimes import to_onnx
from ..timing import summarise_nets, time_nets

ONNX_FILE = MODEL_FILES['onnxruntime'][0]
# In neck and head; that of the backbone stays.
ACTIVATIONS = {'SiLU': 'SiLU', 'hard-swish': 'HSwish', 'ReLU': 'ReLU'}
CONFIG = """_base_ = '{base}'

model = dict(neck=dict(act_cfg=dict(type='{kind}')),
             head=dict(act_cfg=dict(type='{kind}')))
"""
# OpenVINO computes the float parts of a net that is not fp32 in 16 bits where
# the processor can; "fp32" keeps them in 32.
WAYS = {
    'ncnn fp32': ('ncnn', 'fp32', 'fp32'),
    'onnxruntime fp32': ('onnxruntime', 'fp32', 'fp32'),
    'onnxruntime int8': ('onnxruntime', 'int8', 'int8'),
    'onnxruntime int8, convolutions alone': ('onnxruntime', 'int8-conv', 'int8'),
    'openvino fp32': ('openvino', 'fp32', 'fp32'),
    'openvino 16 bit': ('openvino', 'fp32', 'fp16'),
    'openvino int8, rest fp32': ('openvino', 'int8', 'fp32'),
    'openvino int8, rest 16 bit': ('openvino', 'int8', 'int8'),
    'openvino int8, convolutions alone, rest fp32': ('openvino', 'int8-conv', 'fp32'),
    'openvino int8, convolutions alone, rest 16 bit': ('openvino', 'int8-conv', 'int8')}
# As `sasd export` does, and convolutions alone.
QUANTIZED = {'int8': None, 'int8-conv': ['Conv']}  # operators
PROFILE_RUNS = 20
TOP = 10


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = net_parser(__doc__, 'activations')
    parser.add_argument(
        '--calibration', type=int, default=16,
        help='drawn images to calibrate on (default: %(default)s)')
    return parser.parse_args()


def make_nets(size: int, kind: str, folder: Path,
              images: Sequence[LabelledImage]) -> tuple[Candidate, dict[str, Path]]:
    """Write a net in float and in int8.

    Returns:
        tuple: The net, and by precision the folder with its files.
    """
    folders = {name: folder / name for name in ('fp32', *QUANTIZED)}
    for target in folders.values():
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
    config = folder / 'config.py'
    config.write_text(CONFIG.format(
        base=ROOT / 'configs' / 'sasd_xs_coco.py', kind=kind))
    candidate = Candidate(
        Entry('sasd_xs', str(config), (size, size)), ROOT, images[0].image)
    to_onnx(candidate, folders['fp32'] / ONNX_FILE)
    convert(folders['fp32'] / ONNX_FILE,
            *(folders['fp32'] / name for name in MODEL_FILES['ncnn']))
    for name, operators in QUANTIZED.items():
        shutil.copy(folders['fp32'] / ONNX_FILE, folders[name])
        quantize(folders[name] / ONNX_FILE, candidate.input_spec,
                 (sample.image for sample in images), operators)
    return candidate, folders


def open_ways(candidate: Candidate, folders: dict[str, Path]
              ) -> dict[str, Callable[[np.ndarray], list[np.ndarray]]]:
    """Load a net in all ``WAYS``."""
    found = {}
    for way, (runtime, files, precision) in WAYS.items():
        backend = 'ncnn' if runtime == 'ncnn' else 'onnxruntime'
        description = candidate.describe(backend, MODEL_FILES[backend])
        found[way] = open_net(
            folders[files], replace(description, precision=precision), runtime)
    return found


def profile(file: Path, name: str, blob: np.ndarray) -> dict[str, float]:
    """Sum up where ONNX Runtime spends its time, by operator.

    Returns:
        dict: Milliseconds of one run by operator, the greatest first.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_profiling = True
    options.profile_file_prefix = str(file.with_suffix(''))
    session = onnxruntime.InferenceSession(
        str(file), options, providers=['CPUExecutionProvider'])
    for _ in range(PROFILE_RUNS):
        session.run(None, {name: blob})
    path = Path(session.end_profiling())
    # Of each node the least, which is nearest to an idle machine.
    least: dict[tuple[str, str], float] = {}
    for event in json.loads(path.read_text()):
        if event.get('cat') == 'Node' and event['name'].endswith('_kernel_time'):
            node = event['args']['op_name'], event['name']
            least[node] = min(least.get(node, np.inf), event['dur'] / 1e3)
    path.unlink()
    spent: Counter[str] = Counter()
    for (kind, _), ms in least.items():
        spent[kind] += ms
    return {kind: round(ms, 3) for kind, ms in spent.most_common(TOP)}


def main() -> None:
    """Measure, and write the file."""
    args = parse_args()
    check_options(args)
    if args.calibration < 1:
        raise InputError('--calibration must be at least 1')
    logging.disable(logging.WARNING)
    warnings.filterwarnings('ignore')
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    images = drawn_images(args.calibration)
    nets, profiles = {}, {}
    for label, kind in ACTIVATIONS.items():
        print(f'{label}: exporting')
        candidate, folders = make_nets(args.size, kind, args.cache / kind, images)
        blob, _ = candidate.stages.preprocess(images[0].image)
        for way, net in open_ways(candidate, folders).items():
            nets[f'{label}, {way}'] = net
        for precision, folder in folders.items():
            profiles[f'{label}, onnxruntime {precision}'] = profile(
                folder / ONNX_FILE, candidate.input_spec.name, blob)
    machine = host()
    times = time_nets(nets, blob, args.rounds)
    summaries = {}
    for way in WAYS:
        runtime, *_ = way.split()
        base = f'SiLU, {runtime} fp32'
        summaries.update(summarise_nets(
            {name: values for name, values in times.items()
             if name == base or name.endswith(f', {way}')}, base))
    write_result(args.out, dict(
        weights='untrained, for speed', input=args.size, rounds=args.rounds,
        machine=machine, versions=versions(PACKAGES), nets=summaries,
        onnxruntime_ms_by_operator=profiles))


if __name__ == '__main__':
    install_excepthook()
    main()
