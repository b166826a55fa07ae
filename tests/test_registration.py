"""Importing the package does nothing; one module registers all its parts."""
from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

# One of each kind of part.
REGISTERED = '''
from mmpose.registry import DATASETS, HOOKS, METRICS, MODELS, TRANSFORMS
for registry, name in ((MODELS, 'SASDDistiller'), (DATASETS, 'CheckedCocoDataset'),
                       (HOOKS, 'SASDStageHook'), (METRICS, 'PoseCocoMetric'),
                       (TRANSFORMS, 'PoseResize')):
    assert registry.get(name) is not None, name
'''


def run(code: str) -> None:
    """Run a program in a process of its own; it must succeed."""
    done = subprocess.run([sys.executable, '-W', 'ignore', '-c', code],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_importing_the_package_is_cheap():
    run('import sys, sasd_mmpose\n'
        'assert not {"numpy", "cv2", "torch"} & set(sys.modules)\n'
        'assert {"PoseEstimator", "Person"} <= set(sasd_mmpose.__all__)')


def test_the_estimator_needs_no_torch():
    run('import sys\n'
        'from sasd_mmpose import Person, PoseEstimator, PoseResult\n'
        'import sasd_mmpose.inference.prediction_writer\n'
        'PoseEstimator()\n'
        'heavy = {"torch", "mmengine", "mmcv", "mmdet", "mmpose", "mmdeploy",\n'
        '         "matplotlib", "scipy", "pycocotools"} & set(sys.modules)\n'
        'assert not heavy, heavy')


def test_importing_the_package_changes_nothing():
    run('import sys\n'
        'before = sys.excepthook, list(sys.meta_path), list(sys.path_hooks)\n'
        'import sasd_mmpose\n'
        'assert before == (sys.excepthook, sys.meta_path, sys.path_hooks)')


FORKS = '''
import os, torch
for program in {programs!r}:
    child = os.fork()
    if not child:
        exec(program, dict(__name__='__main__'))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, program
'''


def run_in_forks(programs: Sequence[str]) -> None:
    """Run each in a fork of a process that has torch, and nothing of OpenMMLab."""
    run(FORKS.format(programs=programs))


@pytest.mark.slow
def test_a_program_that_fails_in_a_fork_is_named():
    with pytest.raises(AssertionError, match='1 / 0'):
        run_in_forks(['pass', '1 / 0'])


@pytest.mark.slow
def test_registered_whatever_is_imported_first():
    run_in_forks([first + REGISTERED for first in (
        'import sasd_mmpose.registration, mmpose',
        'import mmengine, sasd_mmpose.registration',
        'import sasd_mmpose.models, sasd_mmpose.registration')] + [
        'from mmengine.config import Config\n'
        'from mmengine.registry import MODELS, init_default_scope\n'
        'cfg = Config.fromfile("configs/sasd_xs_coco.py")\n' + REGISTERED +
        'init_default_scope(cfg.default_scope)\n'
        'model = MODELS.build(cfg.model)\n'
        'assert type(model).__name__ == "SASDDistiller"'])


@pytest.mark.slow
def test_each_part_can_be_imported_by_itself():
    run_in_forks([f'import sasd_mmpose.{part}' for part in (
        'models', 'datasets', 'engine', 'evaluation', 'visualization.assignments')])
