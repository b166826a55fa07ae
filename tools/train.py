"""Train a model: MMPose's own command, with its arguments and one more.

--auto-batch takes the largest part of the config's batch that fits into the
memory of the GPU, or of the machine, and accumulates to the whole of it.
"""
# ruff: noqa: I001
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import sasd_mmpose.registration  # noqa: F401  (before mmpose)
from mmengine.config import DictAction
from _mmpose_tool import run
from sasd_mmpose.errors import InputError, install_excepthook

OPTION = '--auto-batch'


def with_fitting_batch(arguments: Sequence[str]) -> list[str]:
    """Replace the option by the batch that fits, as ``--cfg-options``."""
    from sasd_mmpose.engine.auto_batch import fitting_batch
    from sasd_mmpose.engine.config import load_config
    rest = [a for a in arguments if a != OPTION]
    args = read(rest)
    if args.launcher != 'none':
        raise InputError(f'{OPTION}: for one process; set '
                         'train_dataloader.batch_size')
    cfg = load_config(args.config, 'train_dataloader', 'optim_wrapper')
    cfg.merge_from_dict(args.cfg_options or {})
    if args.amp:
        cfg.optim_wrapper.type = 'AmpOptimWrapper'
    batch, times = fitting_batch(cfg)
    print(f'{OPTION}: {batch} images at once, {times} times a step', flush=True)
    options = [f'train_dataloader.batch_size={batch}',
               f'optim_wrapper.accumulative_counts={times}']
    if '--cfg-options' in rest:
        place = rest.index('--cfg-options') + 1
        return [*rest[:place], *options, *rest[place:]]
    return [*rest, '--cfg-options', *options]


def read(arguments: Sequence[str]) -> argparse.Namespace:
    """Read what matters here of the arguments of MMPose's command."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument('config')
    parser.add_argument('--work-dir')
    parser.add_argument('--resume', nargs='?', const='auto')
    parser.add_argument('--amp', action='store_true')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    parser.add_argument('--launcher', default='none')
    return parser.parse_known_args(arguments)[0]


def main() -> None:
    """Train."""
    # Configs may name modules of projects/.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    if OPTION in sys.argv[1:]:
        sys.argv[1:] = with_fitting_batch(sys.argv[1:])
    run('train.py')


if __name__ == '__main__':
    install_excepthook()
    main()
