"""Packaging of sasd_mmpose.

``pip install -e .`` leaves an OpenMMLab environment as it is: it requires
only what is in ``requirements/runtime.txt``, as ranges. The ranges of the
OpenMMLab packages are the extra ``mim``, as in MMPose itself, so that
``mim install -e .`` brings them where they are missing.
"""
import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


def read_requirements(name: str) -> list[str]:
    """Return the lines of ``requirements/<name>.txt`` that are no comment."""
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text().splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def read_version() -> str:
    """Return the version without importing the package, which needs torch."""
    text = (ROOT / 'sasd_mmpose' / 'version.py').read_text()
    return re.search(r"__version__ = '(.+)'", text)[1]


class BuildWithConfigs(build_py):
    """Put the configs where mim looks for them in an installed package.

    An editable installation has them beside the package already.
    """

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / 'sasd_mmpose' / '.mim'
        shutil.copytree(ROOT / 'configs', target / 'configs',
                        ignore=shutil.ignore_patterns('__pycache__'),
                        dirs_exist_ok=True)
        for index in ROOT.glob('model-index.yml'):  # once models are published
            shutil.copy(index, target)


setup(
    name='sasd_mmpose',
    version=read_version(),
    description='Staggered alignment self-distillation for lightweight '
    'multi-person pose estimation, on MMPose',
    long_description=(ROOT / 'README.md').read_text(),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    keywords='pose estimation, distillation, mmpose',
    packages=find_packages(include=['sasd_mmpose', 'sasd_mmpose.*']),
    python_requires='>=3.10',
    install_requires=read_requirements('runtime'),
    extras_require={'mim': read_requirements('mminstall')},
    cmdclass={'build_py': BuildWithConfigs},
    classifiers=[
        'Intended Audience :: Science/Research',
        'Programming Language :: Python :: 3',
        'Programming Language :: Python :: 3.11',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
)
