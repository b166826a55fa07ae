"""Test each level of each twin alone, at several input sizes (paper, Fig. 1).

Answers, for a trained net: which level finds people at which resolution; does
the level that teaches know more than the one that learns; how hard does each
loss pull. Writes a json and an image.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import sasd_mmpose.registration  # noqa: F401, I001  (before mmpose)
from sasd_mmpose.engine.config import load_config
from sasd_mmpose.errors import install_excepthook

from ..levels import gradient_shares, load_trained, measure_levels, sized
from ..plot_levels import plot_levels


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config of the training')
    parser.add_argument('checkpoint', help='of the training, not pruned')
    parser.add_argument('out', type=Path, help='json to write, such as a.json')
    parser.add_argument('--sizes', type=int, nargs='+',
                        help="base input sizes; the config's by default")
    parser.add_argument('--batches', type=int, default=8,
                        help='for the gradients (default: %(default)s)')
    return parser.parse_args()


def main() -> None:
    """Measure, write and print."""
    args = parse_args()
    cfg = load_config(args.config, 'test_dataloader')
    sizes = args.sizes or [cfg.input_size[0]]
    for size in sizes:
        sized(cfg, size)  # complains before anything is computed
    model = load_trained(cfg, args.checkpoint)
    report = dict(
        config=Path(args.config).name, levels=[],
        gradient_shares=gradient_shares(cfg, model, args.batches))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    for size in sizes:
        report['levels'].append(measure_levels(cfg, model, size))
        # Minutes each: an interruption loses one size at most.
        args.out.write_text(json.dumps(report, indent=1) + '\n')
    plot_levels(report, args.out.with_suffix('.png'))
    for entry in report['levels']:
        print(f'\n{entry["size"]} px, without flip test')
        for name, ap in entry['ap'].items():
            share = entry['shares'].get(name)
            part = '' if share is None else f'   {share:4.0%} of detections'
            print(f'  {name:12} AP {ap:.4f}{part}')
    print('\nshare of the gradient at the neck')
    for name, share in report['gradient_shares'].items():
        print(f'  {name:24} {share:5.1%}')
    print(f'\nwritten to {args.out} and {args.out.with_suffix(".png")}')


if __name__ == '__main__':
    install_excepthook()
    main()
