"""Average checkpoints of one net, such as trainings with different seeds."""
from __future__ import annotations

import argparse
from pathlib import Path

import sasd_mmpose.registration  # noqa: F401, I001  (before mmpose)
from sasd_mmpose.engine.checkpoints import average_checkpoints
from sasd_mmpose.errors import install_excepthook


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', type=Path, help='the checkpoint to write')
    parser.add_argument('checkpoints', type=Path, nargs='+',
                        help='two or more that began from the same weights')
    return parser.parse_args()


def main() -> None:
    """Average, and say what was written."""
    args = parse_args()
    average_checkpoints(args.checkpoints, args.out)
    print(f'{args.out}: mean of {len(args.checkpoints)} checkpoints')


if __name__ == '__main__':
    install_excepthook()
    main()
