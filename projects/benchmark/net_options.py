"""Options of the commands that time nets alone."""
from __future__ import annotations

import argparse
from pathlib import Path

from sasd_mmpose.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


def net_parser(description: str, cache: str) -> argparse.ArgumentParser:
    """Make a parser with the options that all of them have.

    Args:
        description (str): What the command does.
        cache (str): Folder of ``work_dirs`` for the nets.
    """
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, required=True, help='json file to write')
    parser.add_argument(
        '--size', type=int, default=512,
        help='side of the network input in pixels (default: %(default)s)')
    parser.add_argument(
        '--rounds', type=int, default=50,
        help='times each net is timed (default: %(default)s)')
    parser.add_argument(
        '--cache', type=Path, default=ROOT / 'work_dirs' / cache,
        help='folder for the nets (default: %(default)s)')
    return parser


def check_options(args: argparse.Namespace) -> None:
    """Raise InputError for a size or a number of rounds that cannot be."""
    if args.rounds < 1 or args.size < 1 or args.size % 32:
        raise InputError('--rounds must be at least 1, --size a multiple of 32')
