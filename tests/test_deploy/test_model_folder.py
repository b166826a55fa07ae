"""A model takes its place whole, in any folder, and the older one until then."""
from __future__ import annotations

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from descriptions import DESCRIPTION

from sasd_mmpose import InputError
from sasd_mmpose.deploy import model_folder as module
from sasd_mmpose.deploy.model_folder import model_folder
from sasd_mmpose.inference.model_description import ModelDescription

NCNN = replace(DESCRIPTION, name='a')
ONNX = replace(DESCRIPTION, name='a', backend='onnxruntime', files=['end2end.onnx'])


def write(folder: Path, name: str, kind: ModelDescription = NCNN) -> None:
    """Write a model whose files hold its name."""
    for file in kind.files:
        (folder / file).write_text(name)
    (folder / 'preview.jpg').write_text(name)
    replace(kind, name=name).write(folder)


def whole(folder: Path) -> str:
    """Return the name of the model in a folder; all its files must have it."""
    description = ModelDescription.read(folder)
    names = {(folder / name).read_text() for name in description.files}
    assert names == {description.name}
    return description.name


def test_new_and_old_folder(tmp_path):
    target = tmp_path / 'new' / 'net'
    for name in 'first', 'second':
        with model_folder(target) as folder:
            write(folder, name)
        assert whole(target) == name
        assert {p.name for p in target.iterdir()} == {
            'deploy.json', 'end2end.param', 'end2end.bin', 'preview.jpg'}
    (target / 'notes.txt').touch()
    with model_folder(target) as folder:
        write(folder, 'third', ONNX)
    assert whole(target) == 'third'
    # What belongs to no model stays; the older model's files do not.
    assert {p.name for p in target.iterdir()} == {
        'deploy.json', 'end2end.onnx', 'preview.jpg', 'notes.txt'}


def test_link_and_current_folder(tmp_path, monkeypatch):
    (tmp_path / 'real').mkdir()
    (tmp_path / 'link').symlink_to(tmp_path / 'real')
    with model_folder(tmp_path / 'link') as folder:
        write(folder, 'linked')
    assert (tmp_path / 'link').is_symlink()
    assert whole(tmp_path / 'real') == 'linked'
    monkeypatch.chdir(tmp_path / 'real')
    with model_folder(Path('.')) as folder:
        write(folder, 'here')
    assert whole(tmp_path / 'real') == 'here'


def test_at_every_step_there_is_a_whole_model(tmp_path, monkeypatch):
    """As if the process were killed before each change that it makes."""
    seen = []

    def watched(function):
        def call(*args, **kwargs):
            seen.append(whole(tmp_path / 'net'))
            return function(*args, **kwargs)
        return call

    with model_folder(tmp_path / 'net') as folder:
        write(folder, 'old')
    with monkeypatch.context() as patch:
        for name in 'replace', 'link':
            patch.setattr(module.os, name, watched(getattr(os, name)))
        patch.setattr(module.shutil, 'rmtree', watched(shutil.rmtree))
        with model_folder(tmp_path / 'net') as folder:
            write(folder, 'new')
    assert len(seen) > 6 and seen[0] == 'old' and seen[-1] == 'new'
    assert seen == sorted(seen, key=['old', 'new'].index)
    assert whole(tmp_path / 'net') == 'new'


@pytest.mark.parametrize('steps', range(6))
def test_a_full_disk_leaves_a_whole_model(tmp_path, monkeypatch, steps):
    with model_folder(tmp_path / 'net') as folder:
        write(folder, 'old')
    inner, done = os.replace, []

    def full(*args):
        done.append(args)
        if len(done) > steps:
            raise OSError(errno.ENOSPC, 'No space left on device')
        return inner(*args)

    with monkeypatch.context() as patch:
        patch.setattr(module.os, 'replace', full)
        if steps < 5:
            with pytest.raises(InputError, match='net: cannot be written .No space'), \
                    model_folder(tmp_path / 'net') as folder:
                write(folder, 'new')
            assert whole(tmp_path / 'net') == ('new' if steps else 'old')
    with model_folder(tmp_path / 'net') as folder:
        write(folder, 'newer')
    assert whole(tmp_path / 'net') == 'newer'
    assert len(list((tmp_path / 'net').iterdir())) == 4


def test_what_fails_leaves_what_was_there(tmp_path):
    with pytest.raises(ValueError), model_folder(tmp_path / 'net') as folder:
        write(folder, 'new')
        raise ValueError
    assert not (tmp_path / 'net').exists()
    with model_folder(tmp_path / 'net') as folder:
        write(folder, 'old')
    with pytest.raises(ValueError), model_folder(tmp_path / 'net') as folder:
        write(folder, 'new')
        raise ValueError
    assert whole(tmp_path / 'net') == 'old'
    assert len(list((tmp_path / 'net').iterdir())) == 4


def test_other_places_are_refused(tmp_path):
    (tmp_path / 'file').touch()
    (tmp_path / 'folder').mkdir()
    (tmp_path / 'folder' / 'notes.txt').touch()
    for name in 'file', 'folder':
        with pytest.raises(InputError, match='exists and is no model folder'), \
                model_folder(tmp_path / name):
            pass
    with pytest.raises(InputError, match='cannot be written'), \
            model_folder(tmp_path / 'file' / 'net'):
        pass


def test_two_exports_into_one_folder(tmp_path):
    with model_folder(tmp_path / 'net') as folder:
        with pytest.raises(InputError, match='another run writes to it'), \
                model_folder(tmp_path / 'net'):
            pass
        write(folder, 'first')
    assert whole(tmp_path / 'net') == 'first'
    with model_folder(tmp_path / 'net') as folder:
        write(folder, 'second')
    assert whole(tmp_path / 'net') == 'second'


def test_a_fresh_disk_and_a_disk_that_fills_up(tmp_path):
    """Each ext4 disk has a folder lost+found in its root."""
    (tmp_path / 'lost+found').mkdir()
    with pytest.raises(InputError, match='cannot be written .No space left'), \
            model_folder(tmp_path):
        raise OSError(errno.ENOSPC, 'No space left on device')
    with model_folder(tmp_path) as folder:
        write(folder, 'net')
    assert whole(tmp_path) == 'net'
