"""Run one of MMPose's own command lines."""
from __future__ import annotations

import argparse
import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

import mmpose

from sasd_mmpose import InputError
from sasd_mmpose.engine.config import load_config
from sasd_mmpose.paths import why_unwritable

# Of MMPose's options, those that a value follows.
WITH_VALUE = ('--work-dir', '--out', '--dump', '--show-dir', '--interval',
              '--wait-time', '--launcher', '--local_rank', '--local-rank')


def run(name: str) -> None:
    """Run a script of MMPose's ``tools`` with this process's arguments.

    Args:
        name (str): Name of the script.

    Raises:
        InputError: If this MMPose was installed without its tools, or config
            or work folder cannot be used.
    """
    # Configs may name modules of projects/.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    check_arguments(sys.argv[1:])
    package = Path(mmpose.__file__).parent
    for folder in (package / '.mim' / 'tools', package.parent / 'tools'):
        if (folder / name).is_file():
            runpy.run_path(str(folder / name), run_name='__main__')
            return
    raise InputError(f'{package}: MMPose is installed without its tools; '
                     'reinstall it from its wheel (pip install mmpose)')


def check_arguments(arguments: Sequence[str]) -> None:
    """Check what MMPose would end with a traceback for.

    Args:
        arguments (Sequence[str]): Those of ``train.py`` or ``test.py``.

    Raises:
        InputError: There is no such config, or the work folder cannot be
            written.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument('config', nargs='?')
    parser.add_argument('--resume', nargs='?')
    parser.add_argument('--cfg-options', nargs='+')
    for option in WITH_VALUE:
        parser.add_argument(option)
    args, _ = parser.parse_known_args(arguments)
    if args.config is not None:
        load_config(args.config)
    if args.work_dir is not None:
        make_work_dir(args.work_dir)


def make_work_dir(folder: str) -> None:
    """Make a folder unless it is there; raise InputError where that fails."""
    try:
        os.makedirs(folder, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(0, 'Permission denied')
    except OSError as error:
        raise InputError(
            f'{folder}: cannot be written ({why_unwritable(folder, error)}); '
            'name another folder with --work-dir') from error
