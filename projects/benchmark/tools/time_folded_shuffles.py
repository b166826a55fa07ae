"""What the export of folded shuffles buys: CPU time of the published net alone.

The net as it was trained and with its shuffles folded into weights, the groups of
channels filled up to multiples of 1, 4, 8 and 16, on each runtime, by turns.

    python -m projects.benchmark.tools.time_folded_shuffles \\
        --out results/folded_shuffles.json
"""
from __future__ import annotations

import logging
import shutil
import warnings
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import nn

import sasd_mmpose.registration  # noqa: F401
from projects.result_files import write_result
from sasd_mmpose.deploy.description_from_config import description_from_config
from sasd_mmpose.deploy.export import relative_error
from sasd_mmpose.deploy.folded_shuffles import CHANNEL_STEP, fold_shuffles
from sasd_mmpose.deploy.pnnx import convert
from sasd_mmpose.engine.checkpoints import load_weights, read_checkpoint
from sasd_mmpose.engine.config import load_config
from sasd_mmpose.environment import versions
from sasd_mmpose.errors import install_excepthook
from sasd_mmpose.inference.model_description import MODEL_FILES
from sasd_mmpose.inference.model_zoo import PublishedModel, find_model
from sasd_mmpose.inference.runtimes.nets import open_net
from sasd_mmpose.models.deployed import deployed_cfg

from ..candidate import RawMaps
from ..net_options import check_options, net_parser
from ..report import PACKAGES, host
from ..runtimes import OPSET
from ..timing import summarise_nets, time_nets

AS_TRAINED = 'as trained'
STEPS = (1, 4, 8, 16)
RUNTIMES = {'ncnn': 'ncnn', 'onnxruntime': 'onnxruntime', 'openvino': 'onnxruntime'}


def write_net(model: nn.Module, size: int, folder: Path) -> int:
    """Write a net for all runtimes, and return the bytes of ncnn's weights."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    onnx, = MODEL_FILES['onnxruntime']
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        torch.onnx.export(
            RawMaps(model).eval(), (torch.rand(1, 3, size, size), ),
            str(folder / onnx), input_names=['in0'],
            output_names=[f'out{i}' for i in range(len(model.head.levels))],
            opset_version=OPSET, dynamo=False)
    files = [folder / name for name in MODEL_FILES['ncnn']]
    convert(folder / onnx, *files)
    return files[1].stat().st_size


def open_nets(forms: Mapping[str, nn.Module], cfg: Config, published: PublishedModel,
              size: int, cache: Path
              ) -> tuple[dict[str, dict[str, Callable]], dict[str, int]]:
    """Write all forms of a net and load them.

    Returns:
        tuple: By runtime and form the net; by form the bytes of ncnn's weights.
    """
    nets: dict[str, dict[str, Callable]] = {runtime: {} for runtime in RUNTIMES}
    sizes = {}
    for form, model in forms.items():
        print(f'{form}: exporting')
        folder = cache / form.replace(', ', '_').replace(' ', '_')
        sizes[form] = write_net(model, size, folder)
        for runtime, backend in RUNTIMES.items():
            description = description_from_config(
                cfg, name=published.name, backend=backend, precision='fp32',
                size=(size, size), dynamic=False, checkpoint=published.checkpoint)
            nets[runtime][form] = open_net(folder, description, runtime)
    return nets, sizes


def compare(nets: dict[str, Callable], blob: np.ndarray, rounds: int
            ) -> dict[str, dict]:
    """Time the forms of a net, and compare their raw maps."""
    wanted = [np.array(m) for m in nets[AS_TRAINED](blob)]
    errors = {form: max(map(relative_error, net(blob), wanted))
              for form, net in nets.items()}
    times = summarise_nets(time_nets(nets, blob, rounds), AS_TRAINED)
    return {form: dict(times[form], error=errors[form]) for form in nets}


def main() -> None:
    """Measure, and write the file."""
    args = net_parser(__doc__, 'folded_shuffles').parse_args()
    check_options(args)
    logging.disable(logging.WARNING)
    warnings.filterwarnings('ignore')
    torch.set_num_threads(1)
    init_default_scope('mmpose')
    published = find_model(None)
    cfg = load_config(published.config)
    model = MODELS.build(deployed_cfg(cfg.model)).eval()
    load_weights(model, read_checkpoint(published.checkpoint))
    forms = {AS_TRAINED: model}
    for step in STEPS:
        form = f'folded, step {step}'
        forms[form] = deepcopy(model)
        fold_shuffles(forms[form], step)
    nets, sizes = open_nets(forms, cfg, published, args.size, args.cache)
    blob = np.random.default_rng(0).random((1, 3, args.size, args.size), np.float32)
    machine = host()
    write_result(args.out, dict(
        model=published.name, input=args.size, rounds=args.rounds,
        step_of_export=CHANNEL_STEP, machine=machine, versions=versions(PACKAGES),
        ncnn_bytes=sizes,
        nets={runtime: compare(by_form, blob, args.rounds)
              for runtime, by_form in nets.items()}))


if __name__ == '__main__':
    install_excepthook()
    main()
