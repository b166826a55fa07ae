"""Make ``.venv`` with everything this project needs, pinned.

Run it with any Python 3.10 to 3.12; it uses the standard library only. Where
nothing changed since the last run it ends at once.
"""
from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / '.venv'
STAMP = VENV / 'setup.stamp'
PINNED = Path('requirements') / 'pinned'
PYTHONS = (3, 10), (3, 12)


def fail(message: str) -> None:
    raise SystemExit(f'error: {message}')


def check_python() -> None:
    """End with one line where this interpreter cannot make the environment."""
    oldest, newest = PYTHONS
    if not oldest <= sys.version_info[:2] <= newest:
        fail(f'Python {sys.version.split()[0]} does not take the pinned '
             f'packages, which need {oldest[0]}.{oldest[1]} to {newest[0]}.'
             f'{newest[1]}: make setup PYTHON=/path/to/python3.11')
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        fail('this Python has no venv; Debian and Ubuntu: '
             'apt-get install python3-venv')


def digest() -> str:
    """Name all that the environment is made from, as one hash."""
    made_from = [*sorted((ROOT / PINNED).glob('*.txt')), ROOT / 'setup.py',
                 ROOT / 'pyproject.toml',
                 *sorted((ROOT / 'requirements').glob('*.txt')),
                 Path(__file__)]
    content = hashlib.sha256(f'{sys.version} {VENV}'.encode())
    for path in made_from:
        content.update(path.read_bytes())
    return content.hexdigest()


def make_venv() -> Path:
    """Make the environment anew unless this very Python made it, and here.

    Returns:
        Path: Its interpreter.
    """
    python = VENV / 'bin' / 'python'
    made_by = VENV / 'made_by'
    maker = f'{sys.version}\n{VENV}\n'
    if not made_by.exists() or made_by.read_text() != maker:
        shutil.rmtree(VENV, ignore_errors=True)
        subprocess.check_call([sys.executable, '-m', 'venv', str(VENV)])
        made_by.write_text(maker)
    return python


def run_together(commands: list[list[str]]) -> None:
    """Run commands side by side; where one fails, stop the others.

    Args:
        commands (list[list[str]]): Programs with their arguments.

    Raises:
        CalledProcessError: A command failed.
    """
    running = [subprocess.Popen(command, cwd=ROOT) for command in commands]
    try:
        while any(process.poll() is None for process in running):
            time.sleep(0.1)
            for process in running:
                if process.poll():
                    raise subprocess.CalledProcessError(
                        process.returncode, process.args)
    finally:
        for process in running:
            if process.poll() is None:
                process.terminate()
                process.wait()


def install(python: Path) -> None:
    """Install step by step; the order matters (see requirements/pinned)."""

    def pip(*arguments: str) -> list[str]:
        # Bytecode comes with the first import, and only of what is imported.
        # Of conflicts pip knows only those that pinned/no_deps.txt explains.
        return [str(python), '-m', 'pip', 'install', '--quiet', '--no-compile',
                '--no-warn-conflicts', '--disable-pip-version-check',
                *arguments]

    def pinned(*names: str) -> list[str]:
        return [part for name in names
                for part in ('-r', str(PINNED / f'{name}.txt'))]

    # Torch alone may bring more than is pinned: a build for CUDA does. All
    # else is pinned whole, so that pip need not search for what it asks for.
    steps = {
        'build tools': [pip('--no-deps', *pinned('build'))],
        'torch, libraries and OpenMMLab packages': [
            pip(*pinned('torch')),
            pip('--no-deps', '--no-build-isolation',
                *pinned('base', 'deploy', 'dev', 'no_deps'))],
        'sasd_mmpose': [pip('--no-deps', '--no-build-isolation', '-e', '.')],
    }
    for number, (what, commands) in enumerate(steps.items(), start=1):
        print(f'[{number}/{len(steps)}] {what}', flush=True)
        run_together(commands)


def main() -> None:
    wanted = digest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    check_python()
    start = time.monotonic()
    try:
        STAMP.unlink(missing_ok=True)
        install(make_venv())
    except subprocess.CalledProcessError as error:
        fail(f'set-up stopped (see above): {" ".join(map(str, error.cmd))}')
    STAMP.write_text(wanted)
    print(f'.venv is ready after {time.monotonic() - start:.0f} s')


if __name__ == '__main__':
    main()
