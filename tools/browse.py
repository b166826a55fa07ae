"""Look at what a config trains on.

Writes into the folder --out, for each of --num augmented samples:
sample_NN.png with boxes, keypoints, bones and the names of the files, and
cells_NN.png with the cells of each level of each twin that learn each person.
"""
from __future__ import annotations

import argparse
from pathlib import Path

from rich.progress import track

import sasd_mmpose.registration  # noqa: F401, I001  (before mmpose)
from sasd_mmpose.engine.config import load_config
from sasd_mmpose.errors import InputError, install_excepthook
from sasd_mmpose.visualization.assignments import (
    draw_assignment,
    draw_sample,
    save_figure,
)
from sasd_mmpose.visualization.training_browser import TrainingBrowser


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config file')
    parser.add_argument('--out', required=True, help='folder to write to')
    parser.add_argument(
        '--num', type=int, default=8,
        help='number of samples (default: %(default)s)')
    parser.add_argument(
        '--split', choices=('train', 'val', 'test'), default='train',
        help='whose pictures to take through the training pipeline '
        '(default: %(default)s)')
    parser.add_argument(
        '--seed', type=int, default=0, help='choice and augmentation')
    return parser.parse_args()


def main() -> None:
    """Draw the samples."""
    args = parse_args()
    config = load_config(args.config, f'{args.split}_dataloader')
    browser = TrainingBrowser(config, args.split)
    views = browser.views(args.num, args.seed)
    out = Path(args.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for number, view in enumerate(track(views, 'samples', args.num)):
            save_figure(draw_sample(view, browser.metainfo),
                        out / f'sample_{number:02d}.png')
            save_figure(draw_assignment(view, browser.metainfo),
                        out / f'cells_{number:02d}.png')
    except OSError as error:
        raise InputError(f'{out}: cannot be written ({error.strerror}); name '
                         'another folder with --out') from error
    print(f'samples and their cells: {out}')


if __name__ == '__main__':
    install_excepthook()
    main()
