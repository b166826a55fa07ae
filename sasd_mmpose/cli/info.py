"""Print the published models, or the size of a net.

Of a config: parameters and multiply-accumulates of its net. Of a published
model or of a folder that sasd export wrote: input, keypoints, runtime.
"""
from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

from ..errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command line takes."""
    parser.add_argument(
        'model', nargs='?', help='config file, name of a published model, or '
        'model folder; without it, the published models are listed')
    parser.add_argument(
        '--size', type=int, help="of a config: side of the square input in "
        "pixels; the config's by default")
    parser.add_argument(
        '--aux', action='store_true',
        help='of a config: what is trained, rather than what is deployed')
    parser.add_argument(
        '--json', action='store_true',
        help='of a config: one json object with the keys params, macs and size')


def run(args: argparse.Namespace) -> None:
    """Print what is asked for."""
    if args.model is None:
        list_models()
    elif args.model.endswith('.py'):
        print_complexity(args)
    else:
        print_folders(args.model)


def list_models() -> None:
    """Print a line for each published model."""
    from ..inference.model_zoo import published_models
    for model in published_models():
        facts = model.description
        print(f'{model.name}: AP {facts["metrics"]["AP"]:.3f} on '
              f'{facts["evaluated_on"]}\n  {model.folder}')


def print_folders(model: str) -> None:
    """Print what deploy.json says of an exported net."""
    from ..inference.model_description import FILE_NAME, ModelDescription
    from ..inference.model_zoo import find_model
    folders = [Path(model)]
    if not (folders[0] / FILE_NAME).is_file():
        published = find_model(model)
        if published is None:
            raise InputError(f'{model}: has neither {FILE_NAME} nor model.json')
        folders = published.runtime_folders()
    for folder in folders:
        net = ModelDescription.read(folder)
        size = f'{net.input.width} x {net.input.height}'
        if net.input.dynamic:
            size += f', or other multiples of {net.input.divisor}'
        print(f'{folder}\n  {net.name}, {net.backend} {net.precision}, input {size}, '
              f'{net.num_keypoints} keypoints')


def print_complexity(args: argparse.Namespace) -> None:
    """Print parameters and multiply-accumulates of a config's net."""
    from .. import registration  # noqa: F401  (before MMPose)
    from ..engine.config import check_input_multiple, load_config
    from ..models.complexity import model_complexity

    # MMEngine logs to stdout, which is for the answer.
    logging.disable(logging.INFO)
    cfg = load_config(args.model)
    size = args.size or cfg.input_size[0]
    check_input_multiple(size, cfg.model)
    info = model_complexity(cfg.model, size, args.aux)
    if args.json:
        print(json.dumps(info._asdict()))
        return
    what = 'trained' if args.aux else 'deployed'
    print(f'{args.model}, {what}, input {size} x {size}')
    print(f'  parameters {info.params / 1e6:8.3f} M')
    print(f'  MACs       {info.macs / 1e9:8.3f} G  (convolutions)')
