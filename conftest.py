"""Fixtures that all tests share."""
from __future__ import annotations

import os

# Set before numpy and torch read it. The nets of the tests are tiny, and the
# tests themselves run in as many processes as there are cores.
os.environ.setdefault('OMP_NUM_THREADS', '1')

# ruff: noqa: E402
import ast
import logging
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope

import sasd_mmpose.registration  # noqa: F401  (before any test imports MMPose)
from sasd_mmpose.engine.quiet import forget_disabled

REAL_IMAGES = {'coco_mini', 'crowdpose_mini', 'data_root'}

cv2.setNumThreads(0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses real images, and put the files that take long first.

    ``-m real_images`` selects by the mark. Were a long file the last that a process
    gets, the others would wait for it: files with slow tests start before the rest,
    and projects, one of which compiles a program, before the package.
    """
    for item in items:
        if REAL_IMAGES.intersection(getattr(item, 'fixturenames', ())):
            item.add_marker('real_images')
    slow = Counter(item.path for item in items if item.get_closest_marker('slow'))
    items.sort(key=lambda item: (not slow[item.path],
                                 not item.nodeid.startswith('projects/')))


@pytest.fixture(autouse=True)
def seed() -> int:
    """Start every test from the same random state."""
    value = 0
    random.seed(value)
    np.random.seed(value)
    torch.manual_seed(value)
    return value


@pytest.fixture(autouse=True)
def default_scope() -> Iterator[None]:
    """Look up types as in MMPose, whatever scope a Runner set in a test before.

    MMEngine keeps the scope of the last Runner for the rest of the process.
    """
    with DefaultScope.overwrite_default_scope('mmpose'):
        yield


def _checked_only(text: str, **style: object) -> tuple[str, bool]:
    ast.parse(text)
    return text, False


@pytest.fixture(autouse=True, scope='session')
def configs_are_not_laid_out() -> Iterator[None]:
    """Spare each Runner the second in which yapf makes the lines of its config fit.

    A text that is no Python fails here as it does there.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('mmengine.config.config.FormatCode', _checked_only)
        yield


@pytest.fixture(autouse=True)
def logging_enabled() -> Iterator[None]:
    """Undo what a command, run as a function, sets for its whole process."""
    yield
    logging.disable(logging.NOTSET)
    forget_disabled()


@pytest.fixture(scope='session')
def data_root() -> Path:
    """The folder with the real images; without it the test is skipped.

    Set it as ``SASD_DATA_ROOT``. ``.ci/run`` does.
    """
    root = os.environ.get('SASD_DATA_ROOT')
    if not root:
        pytest.skip('needs real images: set SASD_DATA_ROOT')
    return Path(root)


def _data_set(root: Path, name: str) -> Path:
    folder = root / name
    if not folder.is_dir():
        pytest.skip(f'needs real images: no {name} in SASD_DATA_ROOT={root}')
    return folder


@pytest.fixture(scope='session')
def coco_mini(data_root: Path) -> Path:
    """Annotated COCO person images, train and val: their folder."""
    return _data_set(data_root, 'coco_mini')


@pytest.fixture(scope='session')
def crowdpose_mini(data_root: Path) -> Path:
    """Real CrowdPose images and annotations (14 keypoints): their folder."""
    return _data_set(data_root, 'crowdpose_mini')
