"""Keeping two runs from writing to one folder."""
from __future__ import annotations

from pathlib import Path
from types import ModuleType

from .errors import InputError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows has none; two runs in one folder go unnoticed there
    fcntl = None


def lock(file: int, folder: Path) -> None:
    """Lock an open file, or folder, until it is closed.

    Args:
        file (int): Its descriptor.
        folder (Path): The folder that is named in the message.

    Raises:
        InputError: Another process has locked it.
    """
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(f'{folder}: another run writes to it; name another '
                         'folder with --out') from error
