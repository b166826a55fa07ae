"""Write the deployed weights of a checkpoint, without what only trains."""
from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command line takes."""
    parser.add_argument('checkpoint', help='checkpoint of a training')
    parser.add_argument('out', help='file to write')
    parser.add_argument(
        '--fp16', action='store_true',
        help='store the weights of convolutions in 16 bits')


def mebibytes(path: str) -> str:
    """Return the size of a file."""
    return f'{Path(path).stat().st_size / 2**20:.1f} MiB'


def run(args: argparse.Namespace) -> None:
    """Prune and say what was saved."""
    from ..engine.checkpoints import prune_checkpoint
    weights = prune_checkpoint(args.checkpoint, args.out, args.fp16)
    numbers = sum(weight.numel() for weight in weights.values())
    print(f'read   {args.checkpoint}: {mebibytes(args.checkpoint)}')
    print(f'wrote  {args.out}: {mebibytes(args.out)}, '
          f'{numbers / 1e6:.3f} M numbers in {len(weights)} tensors')
