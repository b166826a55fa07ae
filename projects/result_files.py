"""Writing the files that tables are made of."""
from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from sasd_mmpose.errors import InputError


def write_result(path: Path, content: Mapping) -> None:
    """Write a result as json, and say where it is.

    Args:
        path (Path): The file; its folder is made where it does not exist.
        content (Mapping): What json can hold.

    Raises:
        InputError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1) + '\n')
    except OSError as error:
        raise InputError(f'{path}: cannot be written ({error.strerror})') from error
    print(f'wrote {path}')
