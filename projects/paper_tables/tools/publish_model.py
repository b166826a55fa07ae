"""Make a trained checkpoint into a model under weights/, with a model card.

The checkpoint is pruned, stored in 16 bits, named after its hash and evaluated
as it is then. Model cards, metafile and model-index.yml are written anew for
all models; with --index, that is all.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import sasd_mmpose.registration  # noqa: F401, I001  (before mmpose)
from sasd_mmpose.errors import install_excepthook

from ..publishing import publish, write_index

ROOT = Path(__file__).resolve().parents[3]
LIMITS = (
    'It has learnt from few images: it misses people, above all small, '
    'partly hidden and crowded ones, and confuses left and right where a pose '
    'is unusual. Nothing that matters to somebody should depend on it, least '
    'of all to identify or judge people. Use it to see how the project works, '
    'and as a start for training on data of your own.')


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--index', action='store_true',
                        help='only write cards, metafile and index anew')
    parser.add_argument('--name', help='such as sasd_xs_coco_mini')
    parser.add_argument('--checkpoint', type=Path, help='of the training')
    parser.add_argument('--config', type=Path, help='of the training')
    parser.add_argument('--record', type=Path,
                        help='result.json that record_run.py made')
    parser.add_argument('--summary', help='what it is, in a sentence')
    parser.add_argument('--started-from', default='random weights',
                        help='whose weights it started from')
    parser.add_argument('--licence', default='', help='of what it started from')
    parser.add_argument('--limits', default=LIMITS,
                        help='what it is not good for')
    args = parser.parse_args()
    needed = ('name', 'checkpoint', 'config', 'record', 'summary')
    missing = [f'--{key}' for key in needed if getattr(args, key) is None]
    if missing and not args.index:
        parser.error(f'{", ".join(missing)} missing')
    return args


def main() -> None:
    """Publish, and say what was written."""
    args = parse_args()
    if args.index:
        write_index(ROOT)
        return
    about = dict(summary=args.summary, started_from=args.started_from,
                 licence=args.licence, limits=args.limits)
    model = publish(args.name, args.checkpoint, args.config, args.record,
                    about, ROOT)
    print(f'weights/{args.name}: AP {model["metrics"]["AP"]:.4f} on '
          f'{model["evaluated_on"]}')


if __name__ == '__main__':
    install_excepthook()
    main()
