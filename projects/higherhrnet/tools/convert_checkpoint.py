"""Convert a checkpoint of HRNet/HigherHRNet-Human-Pose-Estimation."""
from __future__ import annotations

import argparse

from projects.associative_embedding.conversion import convert_checkpoint
from sasd_mmpose.errors import install_excepthook

from ..checkpoint_keys import rename


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='the config that it is meant for')
    parser.add_argument('checkpoint', help='the original file')
    parser.add_argument('out', help='file to write')
    return parser.parse_args()


def main() -> None:
    """Convert and say what was written."""
    args = parse_args()
    number = convert_checkpoint(args.config, args.checkpoint, args.out, rename)
    print(f'wrote {args.out}: {number} tensors')


if __name__ == '__main__':
    install_excepthook()
    main()
