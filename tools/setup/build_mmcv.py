"""Install mmcv with its compiled ops, from a cached wheel where there is one.

mmcv 2.1.0 has no wheel for recent torch, and building it parses torch's
headers once for each of its 60-odd files. Here they are parsed once, into a
precompiled header, and the wheel is kept in the user's cache folder, so that
the next environment installs it in seconds.

Run it with the interpreter of the environment that is to receive mmcv; torch,
setuptools < 81, wheel, ninja and psutil must be in there already.
"""
from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import torch
from torch.utils.cpp_extension import CUDA_HOME

VERSION = '2.1.0'
HEADER = 'pytorch_cpp_helper.hpp'

# $1.. is the compiler's own command line. The first call makes the
# precompiled header with exactly these flags, the others wait for it. A
# compiler that cannot make it still builds: just more slowly.
WRAPPER = """#!/usr/bin/env bash
compiler='{compiler}'; pch='{pch}'
case " $* " in *" -c "*.cpp*) ;; *) exec "$compiler" "$@" ;; esac
flags=(); source=; skip=0
for arg in "$@"; do
  if [ $skip = 1 ]; then skip=0; continue; fi
  case "$arg" in
    -o|-MF|-MT|-MQ) skip=1 ;;
    -c|-MMD|-MD) ;;
    *.cpp) source=$arg ;;
    *) flags+=("$arg") ;;
  esac
done
(
  flock 9
  if [ ! -e "$pch/{header}.gch" ] && [ ! -e "$pch/failed" ]; then
    "$compiler" "${{flags[@]}}" -g0 -x c++-header "$pch/{header}" \\
      -o "$pch/{header}.gch" || touch "$pch/failed"
  fi
) 9>"$pch/lock"
exec "$compiler" -include "$pch/{header}" "$@" -g0
"""


def with_cuda() -> bool:
    """Whether the ops are built for CUDA: that takes a GPU and nvcc."""
    return torch.cuda.is_available() and CUDA_HOME is not None


def cache_dir() -> Path:
    """The folder that keeps wheels built for this very interpreter and torch.

    Returns:
        Path: ``$XDG_CACHE_HOME/sasd_mmpose/wheels/<key>``; the key names all
        that a compiled wheel depends on.
    """
    key = '-'.join([
        f'mmcv{VERSION}', f'torch{torch.__version__}',
        'cuda' if with_cuda() else 'cpu',
        sysconfig.get_config_var('SOABI') or platform.python_version(),
    ])
    base = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(base) / 'sasd_mmpose' / 'wheels' / key


def write_wrapper(folder: Path, source: Path) -> Path:
    """Write the compiler wrapper and a copy of the header it precompiles."""
    shutil.copy(source / 'mmcv/ops/csrc/common' / HEADER, folder / HEADER)
    wrapper = folder / 'c++'
    wrapper.write_text(WRAPPER.format(
        compiler=find_compiler(), pch=folder, header=HEADER))
    wrapper.chmod(0o755)
    return wrapper


def find_compiler() -> str:
    """Return the C++ compiler's path; end with one line where it cannot be."""
    compiler = shutil.which(os.environ.get('CXX', 'c++'))
    if compiler is None:
        raise SystemExit('error: mmcv needs a C++ compiler to build; Debian '
                         'and Ubuntu: apt-get install g++')
    if not Path(sysconfig.get_path('include'), 'Python.h').exists():
        raise SystemExit("error: mmcv needs Python's headers to build; Debian "
                         'and Ubuntu: apt-get install python3-dev')
    return compiler


def jobs() -> int:
    """Compilers to run at once: as many as cores, but 2 GB memory for each."""
    cores = os.cpu_count() or 1
    if not hasattr(os, 'sysconf'):
        return cores
    memory = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    return max(1, min(cores, memory // 2**31))


def build(target: Path) -> None:
    """Build the wheel into ``target``; takes about 3 minutes on 2 cores."""
    find_compiler()
    pip = [sys.executable, '-m', 'pip']
    with tempfile.TemporaryDirectory(prefix='mmcv-build-') as tmp:
        work = Path(tmp)
        subprocess.check_call([
            *pip, 'download', '--quiet', '--no-deps', '--no-build-isolation',
            '--no-binary', 'mmcv', f'mmcv=={VERSION}', '-d', tmp])
        shutil.unpack_archive(work / f'mmcv-{VERSION}.tar.gz', work)
        source = work / f'mmcv-{VERSION}'
        env = dict(os.environ, MMCV_WITH_OPS='1')
        env.setdefault('MAX_JOBS', str(jobs()))
        if torch.cuda.is_available() and not with_cuda():
            print('no nvcc here: the ops are built for the CPU only', flush=True)
            env['CUDA_VISIBLE_DEVICES'] = ''
        if sys.platform.startswith('linux') and shutil.which('flock'):
            env['CXX'] = str(write_wrapper(work, source))
        subprocess.check_call([
            *pip, 'wheel', '--quiet', '--no-deps', '--no-build-isolation',
            '--wheel-dir', str(work / 'out'), str(source)], env=env)
        target.mkdir(parents=True, exist_ok=True)
        for wheel in (work / 'out').glob('*.whl'):
            # Moved in one step, so that a stopped build leaves no half file.
            part = target / f'{wheel.name}.part'
            shutil.copy(wheel, part)
            part.rename(target / wheel.name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rebuild', action='store_true',
                        help='build even where a wheel is cached')
    args = parser.parse_args()
    folder = cache_dir()
    wheels = sorted(folder.glob('mmcv-*.whl'))
    if args.rebuild or not wheels:
        print(f'building mmcv {VERSION} with its ops (a few minutes) ...',
              flush=True)
        build(folder)
        wheels = sorted(folder.glob('mmcv-*.whl'))
    print(f'installing {wheels[-1].name} from {folder}', flush=True)
    subprocess.check_call([
        sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps',
        '--no-compile', '--force-reinstall', str(wheels[-1])])


if __name__ == '__main__':
    main()
