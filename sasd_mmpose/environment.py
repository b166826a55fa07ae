"""What a result was made with: versions of packages, and the machine."""
from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from .version import __version__


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of this package and of others.

    Args:
        packages (Iterable[str]): Names on the package index, or ``python``.

    Returns:
        dict[str, str]: By name, without what is not installed.
    """
    found = dict(sasd_mmpose=__version__)
    for name in packages:
        if name == 'python':
            found[name] = platform.python_version()
            continue
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def processor() -> str:
    """Return the name of the processor."""
    info = Path('/proc/cpuinfo')
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith('model name'):
                return line.partition(':')[2].strip()
    return platform.processor() or platform.machine()


def machine() -> str:
    """Return the name of the GPU that torch uses, or processor and cores."""
    import torch
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f'{processor()}, {os.cpu_count()} cores'
