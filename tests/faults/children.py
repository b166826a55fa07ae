"""Processes that are killed, and small disks."""
from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

KILLED = -signal.SIGKILL


def start(work: Callable[..., object], *args: object) -> multiprocessing.Process:
    """Start a process that is a copy of this one, so that it need not import."""
    child = multiprocessing.get_context('fork').Process(target=work, args=args)
    child.start()
    return child


def run(work: Callable[..., object], *args: object) -> int:
    """Run a process to its end; return its status, negative for a signal."""
    child = start(work, *args)
    child.join()
    return child.exitcode


def die() -> None:
    """End this process at once; nothing of it is run any more."""
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """Mount a small file system in memory; the test is skipped where none may be.

    Args:
        folder (Path): Where to mount it; made.
        size (str): How much it holds, as in ``'100k'``.

    Yields:
        Callable[[str], None]: Gives it another size.
    """
    if os.geteuid() != 0 or shutil.which('mount') is None:
        pytest.skip('a small disk needs root and mount')
    folder.mkdir()
    done = subprocess.run(
        ['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', folder],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f'a small disk cannot be mounted here: {done.stderr.strip()}')
    try:
        yield lambda other: subprocess.run(
            ['mount', '-o', f'remount,size={other}', folder], check=True)
    finally:
        subprocess.run(['umount', '-l', folder], check=False)
