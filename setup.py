"""Packaging of sasd_mmpose.

``pip install -e .`` leaves an environment as it is: what there is to be done
decides what is needed, and that is an extra.

- ``mim``: the OpenMMLab packages and what else training takes, as ranges. mim
  reads such an extra of OpenMMLab's own packages only: ``mim install -e .``
  adds this package to an environment that has MMPose, and nothing else.
- ``runtime``: what a deployed net runs on; neither torch nor MMPose.
- ``onnxruntime``, ``openvino``: other runtimes for it.
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
    """Return the version without importing the package."""
    text = (ROOT / 'sasd_mmpose' / 'version.py').read_text()
    return re.search(r"__version__ = '(.+)'", text)[1]


class BuildWithConfigs(build_py):
    """Put configs and models where mim looks for them in an installed package.

    An editable installation has them beside the package already.
    """

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / 'sasd_mmpose' / '.mim'
        for folder in 'configs', 'weights':
            shutil.copytree(ROOT / folder, target / folder,
                            ignore=shutil.ignore_patterns(
                                '__pycache__', 'in_progress'),
                            dirs_exist_ok=True)
        shutil.copy(ROOT / 'model-index.yml', target)


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
    package_data={'sasd_mmpose': ['py.typed']},
    entry_points={'console_scripts': ['sasd = sasd_mmpose.cli.main:console']},
    python_requires='>=3.10',
    extras_require={
        'mim': read_requirements('mminstall') + read_requirements('training'),
        'runtime': read_requirements('runtime'),
        'onnxruntime': read_requirements('onnxruntime'),
        'openvino': read_requirements('openvino'),
    },
    cmdclass={'build_py': BuildWithConfigs},
    classifiers=[
        'Intended Audience :: Science/Research',
        'Programming Language :: Python :: 3',
        'Programming Language :: Python :: 3.11',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
)
