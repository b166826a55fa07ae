"""Train on a few images and test on the same: is there anything wrong?

A net that learns must reach an AP near 1 in a minute or two. With --out the
result is kept; --cfg-options changes the config, as in training.
"""
from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from mmengine.config import DictAction

import sasd_mmpose.registration  # noqa: F401, I001  (before mmpose)
from sasd_mmpose.engine.config import load_config
from sasd_mmpose.errors import install_excepthook

from ..overfit import overfit


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config file')
    parser.add_argument('--images', type=int, default=16,
                        help='how many images (default: %(default)s)')
    parser.add_argument('--size', type=int, default=128,
                        help='side of the input (default: %(default)s)')
    parser.add_argument('--steps', type=int, default=400,
                        help='steps of training (default: %(default)s)')
    parser.add_argument('--batch-size', type=int, default=8,
                        help='images a step (default: %(default)s)')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0],
                        help='one training each (default: 0)')
    parser.add_argument('--out', type=Path, help='json file to write')
    parser.add_argument('--save', type=Path,
                        help='file for the weights of the last training')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction,
                        default={}, help='changes of the config, KEY=VALUE')
    return parser.parse_args()


def main() -> None:
    """Train, test, and say what came of it."""
    args = parse_args()
    config = load_config(args.config, 'train_dataloader', 'test_dataloader')
    config.merge_from_dict(args.cfg_options)
    with tempfile.TemporaryDirectory() as folder:
        report = overfit(config, Path(folder), args.images, args.size,
                         args.steps, args.batch_size, args.seeds,
                         args.save)
    changes = {key: repr(value) for key, value in args.cfg_options.items()}
    report = dict(config=Path(args.config).stem, changes=changes, **report)
    print(json.dumps(report, indent=2))
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(report, indent=2) + '\n')


if __name__ == '__main__':
    install_excepthook()
    main()
