"""Fit a config's anchors and mean pose to the persons that it trains on."""
from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    import numpy as np


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command line takes."""
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--size', type=int,
        help="side of the square input in pixels; the config's by default")
    parser.add_argument(
        '--split', choices=('train', 'val', 'test'), default='train',
        help='data set to fit to (default: %(default)s)')
    parser.add_argument(
        '--num', type=int, help='fit to so many images only')
    parser.add_argument('--seed', type=int, default=0)


def as_python(anchors: np.ndarray) -> str:
    """Write anchors of shape (L, A, 2) as a config holds them."""
    levels = [str(level) for level in anchors.round().astype(int).tolist()]
    return 'anchors = [' + ',\n           '.join(levels) + ']'


def pose_as_python(pose: np.ndarray) -> str:
    """Write a mean pose of shape (K, 2) as a config holds it."""
    points = ', '.join(str(point) for point in pose.round(2).tolist())
    return '\n'.join(textwrap.wrap(
        f'mean_pose = [{points}]', 79, subsequent_indent=' ' * 13))


def run(args: argparse.Namespace) -> None:
    """Fit, print the anchors and compare them with the config's."""
    import numpy as np

    from .. import registration  # noqa: F401  (before MMPose)
    from ..datasets.anchors import evaluate_anchors, fit_anchors
    from ..datasets.person_boxes import build_labels, mean_pose, person_sizes
    from ..engine.config import check_input_multiple, load_config
    cfg = load_config(args.config, 'train_dataloader')
    input_size = cfg.input_size
    if args.size is not None:
        check_input_multiple(args.size, cfg.model)
        input_size = (args.size, args.size)
    head = cfg.model.head
    present = np.array(head.anchors, float)
    ratio_thr = head.criterion.assigner.get('ratio_thr', 4.0)
    labels = build_labels(cfg, args.split, args.num)
    sizes = person_sizes(labels, input_size)
    try:
        levels, per_level = present.shape[:2]
        fit = fit_anchors(sizes, levels, per_level, ratio_thr, seed=args.seed)
    except ValueError as error:
        raise InputError(f'{args.config}, {args.split}: {error}') from error

    print(f'\n{len(sizes)} labelled persons of the {args.split} set at '
          f'{input_size[0]} x {input_size[1]}\n\n{as_python(fit.anchors)}\n'
          f'{pose_as_python(mean_pose(labels))}\n')
    print('                 recall  matches per person')
    rounded = fit.anchors.round()
    for name, anchors in (('these anchors', rounded), ("the config's", present)):
        recall, matches = evaluate_anchors(sizes, anchors, ratio_thr)
        print(f'{name:15s}  {recall:.4f}  {matches:.2f}')

