"""Export a net with MMDeploy's command line; `sasd export` does the same."""
from __future__ import annotations

import argparse
import sys

import cv2

import sasd_mmpose.registration  # noqa: F401, I001  (before mmpose)
from sasd_mmpose.cli.export import add_common_arguments, report
from sasd_mmpose.cli.main import accept_any_letters
from sasd_mmpose.deploy.export import PREVIEW, export_model
from sasd_mmpose.errors import install_excepthook


def parse_args() -> argparse.Namespace:
    """Parse the command line: MMDeploy's, as far as it has a meaning here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('deploy_cfg', help='one of configs/deploy')
    parser.add_argument('model_cfg', help='config that the net was trained with')
    parser.add_argument('checkpoint', help='its weights, pruned or not')
    parser.add_argument('img', help='image to compare on')
    parser.add_argument('--work-dir', required=True, help='folder to make')
    parser.add_argument(
        '--calib-dataset-cfg', '--calibration', dest='calibration',
        help='what an int8 net is calibrated on: a config for its training set, '
        'model_cfg by default; or a folder of images')
    parser.add_argument(
        '--show', action='store_true', help='show the preview in a window')
    add_common_arguments(parser)
    return parser.parse_args()


def show(path: str) -> None:
    """Show an image until a key is pressed, where there is a display."""
    try:
        cv2.imshow(path, cv2.imread(path))
        cv2.waitKey(0)
    except cv2.error:
        print(f'warning: this OpenCV opens no windows; see {path}',
              file=sys.stderr)


def main() -> None:
    """Export."""
    accept_any_letters()
    args = parse_args()
    made = export_model(
        args.deploy_cfg, args.model_cfg, args.checkpoint, args.img,
        args.work_dir, args.device, args.calibration, args.log_level)
    report(made)
    if args.show:
        show(str(made.folder / PREVIEW))


if __name__ == '__main__':
    install_excepthook()
    main()
