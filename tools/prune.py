"""Write the deployed weights of a checkpoint, without what only trains."""
from __future__ import annotations

import argparse
from pathlib import Path

import sasd_mmpose.registration  # noqa: F401, I001  (before mmpose)
from sasd_mmpose.engine.checkpoints import prune_checkpoint
from sasd_mmpose.errors import install_excepthook


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('checkpoint', help='checkpoint of a training')
    parser.add_argument('out', help='file to write')
    parser.add_argument(
        '--fp16', action='store_true',
        help='store the weights of convolutions in 16 bits')
    return parser.parse_args()


def mebibytes(path: str) -> str:
    """Return the size of a file."""
    return f'{Path(path).stat().st_size / 2**20:.1f} MiB'


def main() -> None:
    """Prune and say what was saved."""
    args = parse_args()
    weights = prune_checkpoint(args.checkpoint, args.out, args.fp16)
    numbers = sum(weight.numel() for weight in weights.values())
    print(f'read   {args.checkpoint}: {mebibytes(args.checkpoint)}')
    print(f'wrote  {args.out}: {mebibytes(args.out)}, '
          f'{numbers / 1e6:.3f} M numbers in {len(weights)} tensors')


if __name__ == '__main__':
    install_excepthook()
    main()
