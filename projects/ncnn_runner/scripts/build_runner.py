"""Build the ncnn runner and its unit tests, and run these.

ncnn is built first where it is not in the user's cache yet. The last line
printed is the program. A build for another processor is tested in an emulator.
"""
from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from sasd_mmpose.errors import install_excepthook

PROJECT = Path(__file__).resolve().parents[1]
BUILD_NCNN = PROJECT.parents[1] / 'tools' / 'setup' / 'build_ncnn.py'
JSON_HEADERS = 'nlohmann-json3-dev'
LAST_LINES = 30


def run(*command: object) -> str:
    """Run a command; end with what it printed last where it fails."""
    done = subprocess.run(
        [str(part) for part in command], text=True, errors='replace',
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        lines = done.stdout.splitlines()[-LAST_LINES:]
        raise SystemExit('\n'.join(
            [*lines, f'error: stopped: {" ".join(map(str, command))}']))
    return done.stdout


def load_build_ncnn() -> ModuleType:
    """Import the script that builds ncnn."""
    spec = importlib.util.spec_from_file_location('build_ncnn', BUILD_NCNN)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def has_json_headers() -> bool:
    """Whether the headers of nlohmann/json are where compilers look."""
    return any(Path(folder, 'nlohmann', 'json.hpp').is_file()
               for folder in ('/usr/include', '/usr/local/include'))


def missing_parts() -> str | None:
    """Say what is missing for building the runner here within a minute.

    Returns:
        str | None: None where nothing is.
    """
    target = load_build_ncnn().target_of('native')
    tools = target.missing_tools()
    if tools:
        return f'{", ".join(tools)}: apt-get install {target.packages}'
    if not has_json_headers():
        return f'the headers of nlohmann/json: apt-get install {JSON_HEADERS}'
    if not target.cache_dir.is_dir():
        return 'ncnn in the cache: make runner builds it'
    return None


def build_ncnn(arch: str) -> Path:
    """Return ncnn's folder; built where it is not cached."""
    done = subprocess.run(
        [sys.executable, str(BUILD_NCNN), '--arch', arch],
        stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.returncode)
    return Path(done.stdout.splitlines()[-1])


def build_runner(arch: str = 'native') -> Path:
    """Build the runner.

    Args:
        arch (str): ``'native'`` or ``'aarch64'``.

    Returns:
        Path: The program.
    """
    ncnn = build_ncnn(arch)
    folder = PROJECT / 'build' / arch
    # -U: another ncnn than the last time must not be ignored.
    configure = ['cmake', '-S', PROJECT, '-B', folder, '-G', 'Unix Makefiles',
                 '-U', 'ncnn_DIR', f'-DCMAKE_PREFIX_PATH={ncnn}',
                 '-DSASD_WARNINGS_AS_ERRORS=ON']
    emulated = arch not in ('native', os.uname().machine)
    if emulated:
        configure.append('-DCMAKE_TOOLCHAIN_FILE='
                         f'{PROJECT}/cmake/{arch}-linux-gnu.cmake')
    run(*configure)
    jobs = os.environ.get('MAX_JOBS') or os.cpu_count() or 1
    run('cmake', '--build', folder, '-j', jobs)
    if emulated and shutil.which(f'qemu-{arch}-static') is None:
        raise SystemExit(f'error: running a build for {arch} here needs '
                         f'qemu-{arch}-static; Debian and Ubuntu: apt-get install '
                         'qemu-user-static')
    run('ctest', '--test-dir', folder, '--output-on-failure')
    return folder / 'sasd_pose'


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--arch', choices=('native', 'aarch64'),
                        default='native', help='processor to build for')
    print(build_runner(parser.parse_args().arch))


if __name__ == '__main__':
    install_excepthook()
    main()
