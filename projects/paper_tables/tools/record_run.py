"""Evaluate a training and write log, curves and result to a folder."""
from __future__ import annotations

import argparse
from pathlib import Path

import sasd_mmpose.registration  # noqa: F401, I001  (before mmpose)
from sasd_mmpose.errors import install_excepthook

from ..run_record import record_run


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('work_dir', type=Path, help='of the training')
    parser.add_argument('checkpoint', type=Path, help='what to evaluate')
    parser.add_argument('out', type=Path, help='folder, such as results/NAME')
    parser.add_argument(
        '--config', type=Path, required=True,
        help='what the training was started with; the commit and the changes '
        'to it are recorded')
    parser.add_argument(
        '--trained-on', required=True, help='the training set, in words')
    parser.add_argument(
        '--evaluated-on', required=True, help='the test set, in words')
    parser.add_argument(
        '--averaged', type=Path, nargs='+', default=[], metavar='WORK_DIR',
        help='of the other seeds, for a checkpoint of '
        'projects/paper_tables/tools/average_checkpoints.py')
    parser.add_argument(
        '--after', type=Path, metavar='RESULT',
        help='result.json of the training whose weights this one went on '
        'from; its epochs and hours are added')
    return parser.parse_args()


def main() -> None:
    """Record the run."""
    args = parse_args()
    result = record_run(args.work_dir, args.checkpoint, args.out, args.config,
                        args.trained_on, args.evaluated_on, args.averaged,
                        args.after)
    print(f'AP {result["metrics"]["coco/AP"]:.4f} on {result["evaluated_on"]}; '
          f'written to {args.out}')


if __name__ == '__main__':
    install_excepthook()
    main()
