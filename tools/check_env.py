"""Say what is installed, what is missing or at odds, and what mends it.

It needs nothing but Python and pip, so that it works in the very environment
that does not. Exit status: 0 where everything fits, 1 otherwise.

    python tools/check_env.py
"""
from __future__ import annotations

import importlib
import importlib.metadata
import io
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

try:
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion, Version
except ImportError:
    try:  # the one that pip has for itself
        from pip._vendor.packaging.specifiers import SpecifierSet
        from pip._vendor.packaging.version import InvalidVersion, Version
    except ImportError:
        SpecifierSet = None

ROOT = Path(__file__).resolve().parents[1]
PIP = 'python -m pip'
# What MMPose, MMDetection and MMEngine import, but an installation of them
# with --no-deps does not bring: module -> name on the package index.
INDIRECT = {
    'addict': 'addict', 'json_tricks': 'json-tricks', 'munkres': 'munkres',
    'rich': 'rich', 'shapely': 'shapely', 'six': 'six', 'termcolor': 'termcolor',
    'terminaltables': 'terminaltables', 'tqdm': 'tqdm', 'yaml': 'PyYAML',
    'yapf': 'yapf',
}
# Of the libraries of training, those whose module has another name.
MODULES = {'pillow': 'PIL'}
OPENCVS = ('opencv-python', 'opencv-python-headless',
           'opencv-contrib-python', 'opencv-contrib-python-headless')


class Environment:
    """The environment of this interpreter, as far as the checks ask."""

    python = sys.version_info[:3]

    def version(self, package: str) -> str | None:
        """Return the installed version of a package, None where missing."""
        try:
            return importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            return None

    def load(self, module: str) -> Exception | None:
        """Import a module, quietly; return what that raised."""
        try:
            with warnings.catch_warnings(), redirect_stdout(io.StringIO()), \
                    redirect_stderr(io.StringIO()):
                warnings.simplefilter('ignore')
                importlib.import_module(module)
        except Exception as error:
            return error
        return None

    def gpus(self) -> list[str]:
        """Name the GPUs that torch can use. Torch is known to import."""
        import torch
        return [torch.cuda.get_device_name(i)
                for i in range(torch.cuda.device_count())]

    def mmcv_has_cuda(self) -> bool:
        """Say whether mmcv's ops, known to import, were built for CUDA."""
        from mmcv.ops import get_compiling_cuda_version
        return get_compiling_cuda_version() != 'not available'


@dataclass
class Finding:
    """One line of the report.

    Attributes:
        name (str): What was looked at.
        detail (str): What was found.
        cure (str | None): The command or act that mends it; None where there
            is nothing to mend.
    """

    name: str
    detail: str
    cure: str | None = None


# ----------------------------------------------------------------- versions


def fits(version: str, ranges: str) -> bool:
    """Say whether a version lies in ranges such as ``'>=2.0.0,<2.2.0'``.

    The local part, as in ``'2.13.0+cpu'``, does not count. Without pip there is
    nothing to compare with, and nothing else installed: any version passes.
    """
    if SpecifierSet is None:
        return True
    try:
        return SpecifierSet(ranges).contains(
            Version(version).public, prereleases=True)
    except InvalidVersion:
        return False


def read_ranges(name: str) -> dict[str, str]:
    """Read ``requirements/<name>.txt``: package -> ranges."""
    found = {}
    for line in (ROOT / 'requirements' / f'{name}.txt').read_text().splitlines():
        match = re.match(r'([A-Za-z0-9_.-]+)\s*([^;#]*)', line)
        if match and not line.startswith('#'):
            found[match[1]] = match[2].strip()
    return found


def pins() -> dict[str, str]:
    """Read all of ``requirements/pinned``: package -> tested version."""
    return {
        package: ranges.removeprefix('==')
        for path in (ROOT / 'requirements' / 'pinned').glob('*.txt')
        for package, ranges in read_ranges(f'pinned/{path.stem}').items()
    }


# ------------------------------------------------------------------- checks
# Each takes the environment and yields findings.


def check_python(env: Environment) -> Iterator[Finding]:
    version = '.'.join(map(str, env.python))
    cure = None if env.python >= (3, 10) else (
        'use Python 3.10 or later (3.11 is tested)')
    yield Finding('python', version, cure)


def check_setuptools(env: Environment) -> Iterator[Finding]:
    version = env.version('setuptools')
    if env.load('pkg_resources') is None:
        yield Finding('setuptools', version or 'there')
    else:
        yield Finding(
            'setuptools', f'{version or "missing"}: no pkg_resources, which '
            'MMEngine and mim import', f'{PIP} install "setuptools<81"')


def _short(error: Exception) -> str:
    """Return the first line of an error, cut to what fits a screen."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:100]


def _check_package(env: Environment, package: str, ranges: str,
                   cure: str, module: str | None = None) -> Finding:
    """Look at a package's version, then whether it imports."""
    version = env.version(package)
    if version is None:
        return Finding(package, f'missing (needs {ranges})', cure)
    if not fits(version, ranges):
        return Finding(package, f'{version}, but needs {ranges}', cure)
    error = env.load(module or package)
    if error is not None:
        return Finding(package, f'{version} does not import: {_short(error)}',
                       cure)
    return Finding(package, version)


def check_torch(env: Environment) -> Iterator[Finding]:
    ranges = read_ranges('training')['torch']
    found = _check_package(env, 'torch', ranges, f'{PIP} install "torch{ranges}"')
    if found.cure is None:
        gpus = env.gpus()
        found.detail += f'; {", ".join(gpus)}' if gpus else '; no GPU, CPU only'
        if fits(found.detail.split(';')[0], '>=2.6'):
            found.detail += '; MMEngine checkpoints load safely'
    yield found


def check_libraries(env: Environment) -> Iterator[Finding]:
    """What this package imports itself, and what ``--no-deps`` leaves out."""
    tested = pins()
    for package, ranges in read_ranges('training').items():
        if package not in ('torch', 'numpy'):
            yield _check_package(
                env, package, ranges, f'{PIP} install "{package}{ranges}"',
                MODULES.get(package))
    lacking = [name for module, name in INDIRECT.items()
               if env.load(module) is not None]
    if lacking:
        wanted = ' '.join(f'{name}=={tested[name]}' for name in lacking)
        yield Finding('needed by MMPose', f'missing: {", ".join(lacking)}',
                      f'{PIP} install {wanted}')


def check_opencv(env: Environment) -> Iterator[Finding]:
    there = {name: env.version(name) for name in OPENCVS if env.version(name)}
    detail = ', '.join(f'{name} {version}' for name, version in there.items())
    tested = pins()['opencv-python-headless']
    cure = f'{PIP} install opencv-python-headless=={tested}'
    if there:
        cure = f'{PIP} uninstall -y {" ".join(there)} && {cure}'
    error = env.load('cv2')
    if error is not None:
        yield Finding('opencv', f'{detail or "missing"}: {_short(error)}', cure)
    elif len(there) > 1:
        yield Finding('opencv', f'{detail}: they overwrite each other', cure)
    else:
        yield Finding('opencv', detail or 'there')


def check_numpy(env: Environment) -> Iterator[Finding]:
    """numpy itself, and xtcocotools, whose wheels are built for numpy 1."""
    ranges = read_ranges('training')['numpy']
    tested = pins()
    yield _check_package(env, 'numpy', ranges,
                         f'{PIP} install numpy=={tested["numpy"]}')
    wanted = f'xtcocotools=={tested["xtcocotools"]}'
    cure = f'{PIP} install --no-deps {wanted}'
    numpy_2 = fits(env.version('numpy') or '', '>=2')
    if numpy_2:
        cure = (f'{PIP} install "setuptools<81" wheel cython && {PIP} install '
                '--force-reinstall --no-deps --no-binary xtcocotools '
                f'--no-build-isolation {wanted}')
    found = _check_package(env, 'xtcocotools', '>=1.12', cure, 'xtcocotools.mask')
    if numpy_2 and found.cure is not None:
        found.detail += '; its wheels are built for numpy 1'
    yield found


def check_mmcv(env: Environment) -> Iterator[Finding]:
    """mmcv-lite, or an mmcv whose compiled operators fit."""
    ranges = read_ranges('mminstall')['mmcv-lite']
    cure = f'{PIP} install --no-deps mmcv-lite=={pins()["mmcv-lite"]}'
    lite, compiled = env.version('mmcv-lite'), env.version('mmcv')
    if lite is not None and compiled is not None:
        yield Finding('mmcv', f'mmcv {compiled} and mmcv-lite {lite} overwrite '
                      'each other', f'{PIP} uninstall -y mmcv mmcv-lite && {cure}')
        return
    if compiled is None:
        yield _check_package(env, 'mmcv-lite', ranges, cure, 'mmcv')
        return
    cure = f'{PIP} uninstall -y mmcv && {cure}'
    found = _check_package(env, 'mmcv', ranges, cure, 'mmcv.ops')
    if found.cure is None:
        found.detail += ' with its operators'
        if env.gpus() and not env.mmcv_has_cuda():
            found.detail += ', for the CPU only although there is a GPU'
            found.cure = cure
    yield found


def check_openmmlab(env: Environment) -> Iterator[Finding]:
    tested = pins()
    for package, ranges in read_ranges('mminstall').items():
        if package != 'mmcv-lite':
            # --no-deps: mmpose asks for chumpy, which no longer builds.
            cure = f'{PIP} install --no-deps {package}=={tested[package]}'
            yield _check_package(env, package, ranges, cure)
    version = env.version('openmim')
    yield Finding('mim', version or 'missing (only the `mim` command needs it)')


def check_torchvision(env: Environment) -> Iterator[Finding]:
    version = env.version('torchvision')
    if version is None:
        yield Finding('torchvision', 'not there; sasd_mmpose stands in for it')
        return
    error = env.load('torchvision')
    if error is None:
        yield Finding('torchvision', version)
    else:
        yield Finding('torchvision', f'{version} does not fit this torch '
                      f'({_short(error)})', f'{PIP} uninstall -y torchvision')


def check_this_package(env: Environment) -> Iterator[Finding]:
    """The package itself; worth trying only where all else fits."""
    cure = f'{PIP} install --no-deps --no-build-isolation -e .'
    version = env.version('sasd_mmpose')
    if version is None:
        yield Finding('sasd_mmpose', 'not installed', cure)
        return
    error = env.load('sasd_mmpose')
    if error is None:
        yield Finding('sasd_mmpose', f'{version}, imports')
    else:
        yield Finding('sasd_mmpose', f'does not import: {_short(error)}', cure)


# The order in which cures are best applied.
CHECKS: tuple[Callable[[Environment], Iterator[Finding]], ...] = (
    check_python, check_setuptools, check_torch, check_numpy, check_opencv,
    check_libraries, check_mmcv, check_openmmlab, check_torchvision)


def examine(env: Environment) -> list[Finding]:
    """Run every check; the package itself last, once all else fits."""
    findings = [finding for check in CHECKS for finding in check(env)]
    if all(finding.cure is None for finding in findings):
        findings += check_this_package(env)
    return findings


def report(findings: list[Finding]) -> str:
    """Lay out the findings, then the cures in the order to apply them."""
    lines = []
    for finding in findings:
        mark = 'ok' if finding.cure is None else '!!'
        lines.append(f'{mark}  {finding.name:<17} {finding.detail}')
    cures = list(dict.fromkeys(f.cure for f in findings if f.cure))
    if cures:
        lines += ['', 'To mend it, in this order:', *(f'  {c}' for c in cures),
                  'Or, for an environment of its own: make setup']
    else:
        lines += ['', 'Everything fits.']
    return '\n'.join(lines)


def main() -> int:
    findings = examine(Environment())
    print(report(findings))
    return int(any(finding.cure for finding in findings))


if __name__ == '__main__':
    sys.exit(main())
