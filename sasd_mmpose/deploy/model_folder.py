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

STAGING = '.export-'


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
    if target.is_dir():
        others = [p for p in target.iterdir() if not p.name.startswith(STAGING)]
    if target.exists() and (not target.is_dir() or (
            others and not (target / FILE_NAME).is_file())):
        raise InputError(f'{target}: exists and is no model folder; name another')
    made = not target.exists()
    try:
        target.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=target, prefix=STAGING))
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        yield scratch
        try:
            _put_in_place(scratch, target)
        except OSError as error:
            raise _unwritable(target, error) from error
    finally:
        # Where putting it in place was interrupted, these are the model.
        if scratch.name not in {Path(name).parent.name for name in _files(target)}:
            shutil.rmtree(scratch, ignore_errors=True)
        if made:
            with suppress(OSError):  # it is not empty if all went well
                target.rmdir()


def _unwritable(target: Path, error: OSError) -> InputError:
    return InputError(f'{target}: cannot be written ({error.strerror}); name '
                      'another folder')


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
