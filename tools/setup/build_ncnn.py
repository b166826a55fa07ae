"""Build ncnn from its source, once, and keep it in the user's cache folder.

There is no Debian package of ncnn. The source distribution that the package
index has beside ncnn's wheels holds all of its C++ source; from that, this
makes a static library with headers and CMake files, for this machine or, with
a cross compiler, for 64-bit ARM. The last line printed is its folder, which
CMake takes as ``-DCMAKE_PREFIX_PATH=``. Takes some minutes the first time, and
none later; MAX_JOBS in the environment limits the compilers that run at once.
"""
from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TOOLCHAINS = ROOT / 'projects' / 'ncnn_runner' / 'cmake'

RELEASE = '20261020'
VERSION = f'1.0.{RELEASE}'
SHA256 = 'ad8cdd63e9755cfa8e23b9b6d9ce46156077d80298a89e7c3ba325ffccfca200'

LAST_LINES = 20

OPTIONS = (
    f'-DNCNN_VERSION={RELEASE}',
    '-DCMAKE_BUILD_TYPE=Release',
    '-DNCNN_SIMPLEOCV=ON',
    '-DNCNN_VULKAN=OFF',
    '-DNCNN_BUILD_TOOLS=OFF',
    '-DNCNN_BUILD_EXAMPLES=OFF',
    '-DNCNN_BUILD_BENCHMARK=OFF',
    '-DNCNN_BUILD_TESTS=OFF',
    # Code for big processors; small ones have 16-bit floats and dot products.
    '-DNCNN_ARM84BF16=OFF',
    '-DNCNN_ARM86SVE=OFF',
    # Half of all compiling is for layers that no net of this project has.
    *(f'-DWITH_LAYER_{layer}=OFF' for layer in (
        'convolution1d', 'convolution3d', 'convolutiondepthwise1d',
        'convolutiondepthwise3d', 'cumulativesum', 'deconvolution',
        'deconvolution1d', 'deconvolution3d', 'deconvolutiondepthwise',
        'deconvolutiondepthwise1d', 'deconvolutiondepthwise3d',
        'deformableconv2d', 'einsum', 'embed', 'erf', 'fold', 'gelu',
        'glu', 'gridsample', 'groupnorm', 'gru', 'inversespectrogram',
        'layernorm', 'lstm', 'matmul', 'multiheadattention', 'rmsnorm', 'rnn',
        'rotaryembed', 'sdpa', 'spectrogram', 'unfold')),
)

# ncnn's setup.py makes its version from today's date, and pip refuses a source
# distribution whose version is not that of its file. So, for the one process
# that asks, it is the day of the release.
RELEASE_DAY = f"""\
import time
DAY = time.strptime('{RELEASE}', '%Y%m%d')
time.localtime = lambda seconds=None: DAY
"""


class Target(NamedTuple):
    """A kind of processor to build for.

    Attributes:
        arch (str): Its name, as ``uname -m`` prints it.
        compiler (str): The C++ compiler.
        packages (str): Debian's packages with compiler and build tools.
        toolchain (Path | None): CMake's toolchain file of a cross build.
    """
    arch: str
    compiler: str
    packages: str
    toolchain: Path | None = None

    @property
    def cache_dir(self) -> Path:
        """Where the built library is kept; named after all that makes it."""
        compiler = subprocess.run(
            [self.compiler, '--version'], capture_output=True, text=True,
            check=True).stdout.partition('\n')[0]
        made_from = hashlib.sha256(' '.join((*OPTIONS, compiler)).encode())
        base = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
        return (Path(base) / 'sasd_mmpose' / 'ncnn'
                / f'{VERSION}-{self.arch}-{made_from.hexdigest()[:8]}')

    def missing_tools(self) -> list[str]:
        """Return the names of the programs that a build lacks here."""
        return [tool for tool in ('cmake', 'make', self.compiler)
                if shutil.which(tool) is None]

    def check_tools(self) -> None:
        """End with one line where a program is missing."""
        missing = self.missing_tools()
        if missing:
            raise SystemExit(
                f'error: building for {self.arch} needs {", ".join(missing)}; '
                f'Debian and Ubuntu: apt-get install {self.packages}')


def target_of(arch: str) -> Target:
    """Return how to build for a processor from this machine.

    Args:
        arch (str): ``'native'`` or ``'aarch64'``.
    """
    here = platform.machine()
    if arch in ('native', here):
        return Target(here, 'c++', 'cmake make g++')
    return Target(arch, f'{arch}-linux-gnu-g++',
                  f'cmake make g++-{arch}-linux-gnu',
                  TOOLCHAINS / f'{arch}-linux-gnu.cmake')


def run(command: list[str], **env: str) -> None:
    """Run a command; end with what it printed last where it fails.

    Args:
        command (list[str]): Program and arguments.
        **env (str): Environment variables to add.
    """
    done = subprocess.run(command, text=True, errors='replace', check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, **env))
    if done.returncode != 0:
        lines = done.stdout.splitlines()[-LAST_LINES:]
        raise SystemExit('\n'.join(
            [*lines, f'error: building ncnn stopped: {" ".join(command)}']))


def download(folder: Path) -> Path:
    """Fetch and unpack ncnn's source; returns its folder."""
    (folder / 'sitecustomize.py').write_text(RELEASE_DAY)
    wanted = folder / 'ncnn.txt'
    wanted.write_text(f'ncnn=={VERSION} --hash=sha256:{SHA256}\n')
    run([sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps',
         '--no-build-isolation', '--no-binary', 'ncnn', '--require-hashes',
         '--disable-pip-version-check', '-r', str(wanted), '-d', str(folder)],
        PYTHONPATH=str(folder))
    shutil.unpack_archive(folder / f'ncnn-{VERSION}.tar.gz', folder)
    return folder / f'ncnn-{VERSION}'


def build(target: Target, installed: Path) -> None:
    """Build ncnn and install it into ``installed``, whole or not at all."""
    jobs = os.environ.get('MAX_JOBS') or str(os.cpu_count() or 1)
    with tempfile.TemporaryDirectory(prefix='ncnn-build-') as tmp:
        source = download(Path(tmp))
        part = installed.with_name(f'{installed.name}.part')
        shutil.rmtree(part, ignore_errors=True)
        configure = ['cmake', '-S', str(source), '-B', f'{tmp}/build',
                     '-G', 'Unix Makefiles', *OPTIONS,
                     f'-DCMAKE_INSTALL_PREFIX={part}', '-DCMAKE_CXX_FLAGS=-w']
        if target.toolchain is not None:
            configure.append(f'-DCMAKE_TOOLCHAIN_FILE={target.toolchain}')
        for command in (configure,
                        ['cmake', '--build', f'{tmp}/build', '-j', jobs],
                        ['cmake', '--install', f'{tmp}/build']):
            run(command)
        shutil.rmtree(installed, ignore_errors=True)
        part.rename(installed)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--arch', choices=('native', 'aarch64'),
                        default='native', help='processor to build for')
    parser.add_argument('--rebuild', action='store_true',
                        help='build even where it is cached')
    args = parser.parse_args()
    target = target_of(args.arch)
    target.check_tools()
    installed = target.cache_dir
    if args.rebuild or not installed.is_dir():
        print(f'building ncnn {VERSION} for {target.arch} (a few minutes) ...',
              file=sys.stderr, flush=True)
        installed.parent.mkdir(parents=True, exist_ok=True)
        build(target, installed)
    print(installed)


if __name__ == '__main__':
    main()
