"""Run one of MMPose's own command lines."""
from __future__ import annotations

import runpy
import sys
from pathlib import Path

import mmpose

from sasd_mmpose import InputError


def run(name: str) -> None:
    """Run a script of MMPose's ``tools`` with this process's arguments.

    Args:
        name (str): Name of the script.

    Raises:
        InputError: If this MMPose was installed without its tools.
    """
    # Configs may name modules of projects/.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    package = Path(mmpose.__file__).parent
    for folder in (package / '.mim' / 'tools', package.parent / 'tools'):
        if (folder / name).is_file():
            runpy.run_path(str(folder / name), run_name='__main__')
            return
    raise InputError(f'{package}: MMPose is installed without its tools; '
                     'reinstall it from its wheel (pip install mmpose)')
