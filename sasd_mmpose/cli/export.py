"""Write a trained net for ncnn, ONNX Runtime or OpenVINO, checked against torch.

Makes the folder --out: the net's files, deploy.json, which says how to use
them, and preview.jpg, what the net and torch find in --image. A model that the
folder held before is replaced once the new one is whole and right.
"""
from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..deploy.export import Exported

LEVELS = ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command line takes."""
    parser.add_argument('config', help='config that the net was trained with')
    parser.add_argument('checkpoint', help='its weights, pruned or not')
    parser.add_argument(
        '--to', required=True, help='deploy config: a file, or a name from '
        'configs/deploy, such as ncnn_static-512')
    parser.add_argument('--image', required=True, help='image to compare on')
    parser.add_argument('--out', required=True, help='folder to write to')
    parser.add_argument(
        '--calibration', help='what an int8 net is calibrated on: a folder of '
        "images, or a config for its training set; the net's by default")
    add_common_arguments(parser)


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what MMDeploy's own command line has, too."""
    parser.add_argument(
        '--device', default='cpu', help='where torch runs (default: cpu)')
    parser.add_argument(
        '--log-level', default='ERROR', choices=LEVELS,
        help='least level of messages that is shown (default: %(default)s)')


def run(args: argparse.Namespace) -> None:
    """Export, and say what was written and how it compares."""
    from .. import registration  # noqa: F401  (before MMPose)
    from ..deploy.export import export_model
    report(export_model(
        args.to, args.config, args.checkpoint, args.image, args.out, args.device,
        args.calibration, args.log_level))


def report(made: Exported) -> None:
    """Say what was written and how it compares."""
    from ..deploy.export import PREVIEW
    net = made.description
    for part, numbers in made.pruned.items():
        print(f'pruned    {part}: {numbers / 1e6:.2f} M numbers of the checkpoint '
              'that only training needs')
    size = f'{net.input.width} x {net.input.height}'
    if net.input.dynamic:
        size += f', or any other multiples of {net.input.divisor}'
    print(f'net       {net.backend} {net.precision}, input {size}')
    print('error     ' + ', '.join(
        f'{output.name} {error:.1e}'
        for output, error in zip(net.outputs, made.errors))
        + ' of the largest value of torch')
    print(f'people    {made.persons} found, {made.torch_persons} by torch')
    print(f'wrote     {made.folder}: deploy.json, {", ".join(net.files)}, {PREVIEW}')
