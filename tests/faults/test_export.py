"""Export under SIGKILL and on a full disk: the folder always holds a whole model."""
from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from descriptions import DESCRIPTION

from sasd_mmpose import InputError
from sasd_mmpose.deploy import model_folder as module
from sasd_mmpose.deploy.model_folder import model_folder
from sasd_mmpose.inference.model_description import ModelDescription
from sasd_mmpose.inference.model_zoo import find_model

from .children import KILLED, die, run, small_disk, start

pytestmark = [pytest.mark.faults, pytest.mark.slow]
KILL_TRIALS = 24
SIZE = 30_000  # bytes of a file of the model
CONVERSION_TRIALS = 2
ROOT = Path(__file__).parents[2]


def write(folder: Path, name: str) -> None:
    """Write a model whose files hold its name."""
    for file in DESCRIPTION.files:
        (folder / file).write_text(name * (SIZE // len(name)))
    replace(DESCRIPTION, name=name).write(folder)


def export(target: Path, name: str, changes: int | None = None) -> None:
    """Put a model into a folder; die before one of the changes to it."""
    count = [0]

    def counted(function: Callable) -> Callable:
        def call(*args: object, **kwargs: object) -> object:
            if count[0] == changes:
                die()
            count[0] += 1
            return function(*args, **kwargs)
        return call

    for owner, names in ((os, ('replace', 'link', 'unlink', 'mkdir')),
                         (shutil, ('rmtree', ))):
        for function in names:
            setattr(owner, function, counted(getattr(owner, function)))
    assert module.os is os
    with model_folder(target) as folder:
        write(folder, name)


def export_to_small_disk(target: Path, name: str) -> None:
    """Export; end with status 1 and a line where there is no room."""
    try:
        with model_folder(target) as folder:
            write(folder, name)
    except InputError as error:
        assert 'No space left' in str(error)
        os._exit(1)
    os._exit(0)


def model_in(folder: Path) -> str:
    """Return the name of the model in a folder, all of whose files are whole."""
    description = ModelDescription.read(folder)
    name = description.name
    for file in description.files:
        assert (folder / file).read_text() == name * (SIZE // len(name))
    return name


@pytest.mark.parametrize('trial', range(KILL_TRIALS))
def test_killed_before_any_change(tmp_path, outcomes, trial):
    target = tmp_path / 'net'
    assert run(export, target, 'old') == 0
    changes = random.Random(trial).randrange(12)
    status = run(export, target, 'new', changes)
    assert status in (KILLED, 0)
    found = model_in(target)
    assert found == 'new' or status == KILLED
    outcomes('export: SIGKILL before a random change to the folder',
             f'the {"older" if found == "old" else "new"} model, whole')
    assert run(export, target, 'newer') == 0
    assert model_in(target) == 'newer'
    assert len(list(target.iterdir())) == len(DESCRIPTION.files) + 1


@pytest.mark.parametrize('room', [10, 40, 70, 100])
def test_a_full_disk(tmp_path, outcomes, room):
    """A mounted folder with the older model, and too little room for a second."""
    with small_disk(tmp_path / 'net', '10m') as resize:
        assert run(export_to_small_disk, tmp_path / 'net', 'old') == 0
        resize(f'{2 * SIZE // 1024 + 12 + room}k')
        status = run(export_to_small_disk, tmp_path / 'net', 'new')
        found = model_in(tmp_path / 'net')
        assert found == ('old' if status else 'new')
        outcomes('export into a mount: the disk fills up',
                 f'the {"older" if status else "new"} model, whole')
        resize('10m')
        assert run(export_to_small_disk, tmp_path / 'net', 'newer') == 0
        assert model_in(tmp_path / 'net') == 'newer'


def convert(target: Path) -> None:
    """Export the published net, as `sasd export` does."""
    from sasd_mmpose.cli.main import main
    torch.set_num_threads(1)
    net = find_model()
    os._exit(main([
        'export', str(net.config), str(net.checkpoint), '--to',
        'onnxruntime_static-512', '--image',
        str(ROOT / 'docs' / 'figures' / 'astronaut.jpg'), '--out', str(target)]))


def test_killed_while_converting(tmp_path, outcomes):
    target = tmp_path / 'net'
    before = time.monotonic()
    assert run(convert, target) == 0
    seconds = time.monotonic() - before
    old = {path.name: path.read_bytes() for path in target.iterdir()}
    chance = random.Random(0)
    for _ in range(CONVERSION_TRIALS):
        child = start(convert, target)
        child.join(chance.uniform(0, 0.8) * seconds)
        child.kill()
        child.join()
        found = {path.name: path.read_bytes() for path in target.iterdir()
                 if path.name in old}
        if child.exitcode == KILLED and found == old:
            outcomes('export: SIGKILL while the net is converted',
                     'the older model, whole')
            continue
        # On a machine that got faster meanwhile the export ends before the kill.
        assert ModelDescription.read(target).files == ['end2end.onnx']
        assert found.keys() == old.keys()
        outcomes('export: SIGKILL while the net is converted', 'the newer model, whole')
        old = found
    assert run(convert, target) == 0
    assert {path.name for path in target.iterdir()} == old.keys()
    assert ModelDescription.read(target).files == ['end2end.onnx']
