"""Draw what a config trains on.

Writes into the folder --out, for each of --num augmented samples:
sample_NN.png with boxes, keypoints, bones and the names of the files, and
cells_NN.png with the cells of each level of each twin that learn each person.
"""
from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..paths import why_unwritable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command line takes."""
    parser.add_argument('config', help='config file')
    parser.add_argument('--out', required=True, help='folder to write to')
    parser.add_argument(
        '--num', type=int, default=8,
        help='number of samples (default: %(default)s)')
    parser.add_argument(
        '--split', choices=('train', 'val', 'test'), default='train',
        help='whose images to take through the training pipeline '
        '(default: %(default)s)')
    parser.add_argument(
        '--seed', type=int, default=0, help='choice and augmentation')


def run(args: argparse.Namespace) -> None:
    """Draw the samples."""
    from rich.progress import track

    from .. import registration  # noqa: F401  (before MMPose)
    from ..engine.config import load_config
    from ..visualization.assignments import draw_assignment, draw_sample, save_figure
    from ..visualization.training_browser import TrainingBrowser
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
        raise InputError(f'{out}: cannot be written ({why_unwritable(out, error)}); '
                         'name another folder with --out') from error
    print(f'samples and their cells: {out}')

