"""Export a net through MMDeploy, and draw what it finds beside torch.

Makes the folder --work-dir: the net's files, deploy.json, which says how to use
them, and preview.jpg. The folder appears only once all of it is right.
"""
from __future__ import annotations

import argparse
import sys

import cv2

import sasd_mmpose.registration  # noqa: F401, I001  (before mmpose)
from sasd_mmpose.deploy.export import PREVIEW, Exported, export_model
from sasd_mmpose.errors import install_excepthook


def parse_args() -> argparse.Namespace:
    """Parse the command line: MMDeploy's, as far as it has a meaning here."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('deploy_cfg', help='one of configs/deploy')
    parser.add_argument('model_cfg', help='config that the net was trained with')
    parser.add_argument('checkpoint', help='its weights, pruned or not')
    parser.add_argument('img', help='picture to compare on')
    parser.add_argument('--work-dir', required=True, help='folder to make')
    parser.add_argument(
        '--device', default='cpu', help='where torch runs (default: cpu)')
    parser.add_argument(
        '--calib-dataset-cfg',
        help='config whose training set an int8 net is calibrated on; model_cfg '
        'by default')
    parser.add_argument(
        '--log-level', default='ERROR',
        choices=['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'],
        help='least level of messages that is shown (default: %(default)s)')
    parser.add_argument(
        '--show', action='store_true', help='show the preview in a window')
    return parser.parse_args()


def report(made: Exported) -> None:
    """Say what was written and how it compares."""
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


def show(path: str) -> None:
    """Show a picture until a key is pressed, where there is a display."""
    try:
        cv2.imshow(path, cv2.imread(path))
        cv2.waitKey(0)
    except cv2.error:
        print(f'warning: this OpenCV opens no windows; see {path}',
              file=sys.stderr)


def main() -> None:
    """Export."""
    args = parse_args()
    made = export_model(
        args.deploy_cfg, args.model_cfg, args.checkpoint, args.img,
        args.work_dir, args.device, args.calib_dataset_cfg, args.log_level)
    report(made)
    if args.show:
        show(str(made.folder / PREVIEW))


if __name__ == '__main__':
    install_excepthook()
    main()
