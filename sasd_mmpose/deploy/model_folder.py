"""Putting an exported model into the folder that was named for it."""
from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import InputError
from ..inference.model_description import FILE_NAME
from ..locking import lock
from ..paths import why_unwritable

STAGING = '.export-'
LOST_AND_FOUND = 'lost+found'  # in the root of each ext4 disk


@contextmanager
def model_folder(target: Path) -> Iterator[Path]:
    """Give a folder to write a model to, and put it in place once that succeeded.

    The named folder itself stays, so that it may be a mount, a link or the
    current folder. At every moment its ``deploy.json`` names the files of a
    whole model: the older one, or the new one.

    Args:
        target (Path): A model folder, an empty one, or one to be made. Files
            in it that belong to no model stay as they are.

    Yields:
        Path: The folder to write to, inside of ``target``.

    Raises:
        InputError: The place is taken or cannot be written.
    """
    try:
        made = _check_place(target)
        target.mkdir(parents=True, exist_ok=True)
        with _locked(target), _scratch(target, made) as scratch:
            yield scratch
            _put_in_place(scratch, target)
    except OSError as error:
        raise InputError(f'{target}: cannot be written '
                         f'({why_unwritable(target, error)}); name another folder'
                         ) from error


def _check_place(target: Path) -> bool:
    """Return whether a folder has to be made; raise where its place is taken."""
    if not target.exists():
        return True
    empty = target.is_dir() and all(
        p.name.startswith(STAGING) or p.name == LOST_AND_FOUND
        for p in target.iterdir())
    if not empty and not (target / FILE_NAME).is_file():
        raise InputError(f'{target}: exists and is no model folder; name another')
    return False


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Keep other runs out of a folder."""
    folder = os.open(target, os.O_RDONLY)
    try:
        lock(folder, target)
        yield
    finally:
        os.close(folder)


@contextmanager
def _scratch(target: Path, made: bool) -> Iterator[Path]:
    """Make a folder inside of another, and take it away in the end.

    Args:
        target (Path): The folder; removed too if it stays empty.
        made (bool): Whether it was made for this.
    """
    try:
        scratch = Path(tempfile.mkdtemp(dir=target, prefix=STAGING))
        try:
            yield scratch
        finally:
            # Where putting it in place was interrupted, these are the model.
            if scratch.name not in {
                    Path(name).parent.name for name in _files(target)}:
                shutil.rmtree(scratch, ignore_errors=True)
    finally:
        if made:
            with suppress(OSError):  # it is not empty if all went well
                target.rmdir()


def _files(folder: Path) -> list[str]:
    """Return the files that a folder's ``deploy.json`` names, if it has one."""
    try:
        return list(json.loads((folder / FILE_NAME).read_text())['files'])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _put_in_place(scratch: Path, target: Path) -> None:
    """Move a model out of a folder inside of its target.

    An older model's ``deploy.json`` is replaced twice, by one that names the
    new files where they are, and by the one that names them in their place.
    """
    new = [path.name for path in scratch.iterdir() if path.name != FILE_NAME]
    old = [name for name in _files(target) if '/' not in name]
    scratch.chmod(0o755)
    if (target / FILE_NAME).is_file():
        content = json.loads((scratch / FILE_NAME).read_text())
        content['files'] = [f'{scratch.name}/{name}' for name in content['files']]
        interim = scratch / 'interim.json'
        interim.write_text(json.dumps(content))
        os.replace(interim, target / FILE_NAME)
    for name in new:
        _double(scratch / name, scratch / f'{name}.new')
        os.replace(scratch / f'{name}.new', target / name)
    os.replace(scratch / FILE_NAME, target / FILE_NAME)
    for name in set(old) - set(new):
        (target / name).unlink(missing_ok=True)
    for left in target.glob(f'{STAGING}*'):  # by runs that were killed, too
        shutil.rmtree(left, ignore_errors=True)


def _double(source: Path, copy: Path) -> None:
    """Make a second name for a file, or a copy where there are no links."""
    try:
        os.link(source, copy)
    except OSError:
        shutil.copy2(source, copy)
