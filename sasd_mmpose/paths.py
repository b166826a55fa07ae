"""What stands at a path where a file or a folder was to be."""
from __future__ import annotations

import os
import stat
from pathlib import Path

_KINDS = (
    (stat.S_ISFIFO, 'a pipe, not a file'),
    (stat.S_ISSOCK, 'a socket, not a file'),
    (stat.S_ISCHR, 'a device, not a file'),
    (stat.S_ISBLK, 'a device, not a file'))


def what_is_odd(path: str | Path) -> str | None:
    """Say why a path leads neither to a file nor to a folder.

    Reading from a pipe or a device might never end, so that they are not opened.

    Args:
        path (str | Path): The path.

    Returns:
        str | None: A few words; None for a file, for a folder, and where
        nothing stands at all.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        if not os.path.islink(path):
            return None
        return f'a link to {os.readlink(path)}, which is not there'
    except OSError as error:
        return f'cannot be read ({error.strerror})'
    except ValueError as error:  # a null character
        return f'no name of a file ({error})'
    return next((words for is_kind, words in _KINDS if is_kind(mode)), None)


def why_unwritable(path: str | Path, error: OSError) -> str:
    """Say in a few words why a file or folder could not be written or made.

    Args:
        path (str | Path): What was to be written.
        error (OSError): What happened.
    """
    # Of a link that leads nowhere, the system says that the file exists.
    odd = what_is_odd(path) if isinstance(error, FileExistsError) else None
    return odd or error.strerror or str(error)
