"""Everything is registered once MMPose is in use; nothing imports it before."""
from __future__ import annotations

import subprocess
import sys

import pytest

# One of each kind of part.
REGISTERED = '''
from mmpose.registry import DATASETS, HOOKS, METRICS, MODELS, TRANSFORMS
for registry, name in ((MODELS, 'SASDDistiller'), (DATASETS, 'SyntheticPeople'),
                       (HOOKS, 'SASDStageHook'), (METRICS, 'PoseCocoMetric'),
                       (TRANSFORMS, 'PoseResize')):
    assert registry.get(name) is not None, name
'''


def run(code: str) -> None:
    """Run a program in a process of its own; it must succeed."""
    done = subprocess.run([sys.executable, '-W', 'ignore', '-c', code],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_package_alone_needs_no_torch():
    run('import sys, sasd_mmpose, sasd_mmpose.deploy, sasd_mmpose.pictures\n'
        'heavy = {"torch", "mmengine", "mmcv", "mmdet", "mmpose", "mmdeploy",\n'
        '         "matplotlib", "scipy", "pycocotools"} & set(sys.modules)\n'
        'assert not heavy, heavy')


@pytest.mark.slow
@pytest.mark.parametrize('first', [
    'import sasd_mmpose, mmpose',
    'import sasd_mmpose.apis',
])
def test_registered_whatever_is_imported_first(first):
    run(first + REGISTERED)


@pytest.mark.slow
def test_a_config_is_enough():
    run('from mmengine.config import Config\n'
        'Config.fromfile("configs/sasd_xs_synthetic.py")' + REGISTERED)


@pytest.mark.slow
def test_a_config_is_enough_after_the_package():
    """The import that a config asks for has happened already."""
    run('import sasd_mmpose\n'
        'from mmengine.config import Config\n'
        'from mmengine.registry import MODELS, init_default_scope\n'
        'cfg = Config.fromfile("configs/sasd_xs_synthetic.py")\n'
        'init_default_scope(cfg.default_scope)\n'
        'model = MODELS.build(cfg.model)\n'
        'assert type(model).__name__ == "SASDDistiller"')


@pytest.mark.slow
def test_waits_for_the_first_use_only():
    """Other imports pass the finder by, and it is gone once it has acted."""
    run('import sys, sasd_mmpose\n'
        'from sasd_mmpose.registration import _FirstUse\n'
        'finder, = (f for f in sys.meta_path if isinstance(f, _FirstUse))\n'
        'import json, numpy\n'
        'assert finder in sys.meta_path\n'
        'import sasd_mmpose.models\n'
        'assert finder not in sys.meta_path' + REGISTERED)
