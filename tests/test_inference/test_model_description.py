"""deploy.json: written and read back, and refused where it cannot be."""
from __future__ import annotations

import json
from dataclasses import replace

import pytest
from descriptions import DESCRIPTION

from sasd_mmpose import InputError
from sasd_mmpose.inference.model_description import FILE_NAME, ModelDescription


@pytest.fixture
def folder(tmp_path):
    DESCRIPTION.write(tmp_path)
    for name in DESCRIPTION.files:
        (tmp_path / name).touch()
    return tmp_path


def test_read_back(folder):
    assert ModelDescription.read(folder) == DESCRIPTION
    text = (folder / FILE_NAME).read_text()
    assert list(json.loads(text))[0] == 'format'
    assert '[1.5, 2]' in text and '[4, 5, 6]' in text


def test_what_follows_from_it():
    assert DESCRIPTION.map_shape(DESCRIPTION.outputs[1], (64, 96)) == (33, 3, 2)
    assert DESCRIPTION.drawing_metainfo['skeleton_links'] == [(0, 1)]
    assert DESCRIPTION.input_size(None) == (64, 96)
    assert DESCRIPTION.input_size((64, 96)) == (64, 96)
    dynamic = replace(DESCRIPTION, input=replace(DESCRIPTION.input, dynamic=True))
    assert dynamic.input_size(128) == (128, 128)


@pytest.mark.parametrize('dynamic, size, message', [
    (False, 64, 'input size 64 x 64: this net takes 64 x 96 only'),
    (True, 80, 'input size 80 x 80: both sides must be multiples of 32'),
    (True, (0, 32), 'input size 0 x 32: both sides'),
])
def test_sizes_that_the_net_cannot_take(dynamic, size, message):
    description = replace(
        DESCRIPTION, input=replace(DESCRIPTION.input, dynamic=dynamic))
    with pytest.raises(InputError, match=message):
        description.input_size(size)


def edit(folder, change) -> None:
    content = json.loads((folder / FILE_NAME).read_text())
    change(content)
    (folder / FILE_NAME).write_text(json.dumps(content))


@pytest.mark.parametrize('change, message', [
    (lambda d: d.update(format='other/2'), '"format" is not'),
    (lambda d: d['input'].pop('mean'), 'has no key input.mean'),
    (lambda d: d['outputs'][1].pop('stride'), r'has no key outputs\[1\].stride'),
    (lambda d: d.update(outputs={}), 'outputs must be a list'),
    (lambda d: d.update(input=3), 'input must be an object'),
    (lambda d: d.update(keypoints=[]), 'keypoints has a value that is not allowed'),
    (lambda d: d['skeleton'][0].update(link=[0, 2]), 'skeleton has a value'),
    (lambda d: d['input'].update(width=65), 'input.width has a value'),
    (lambda d: d['input'].update(std=[1, 0, 1]), 'input.std has a value'),
    (lambda d: d.update(files=['a.bin']), 'files has a value'),
    (lambda d: d.update(backend='abacus'), 'backend has a value'),
    (lambda d: d['outputs'][0].update(anchors=[1, 2]), 'outputs has a value'),
    (lambda d: d['outputs'][0].update(stride='a'), 'deploy.json: '),
])
def test_what_cannot_be_is_refused_in_one_line(folder, change, message):
    edit(folder, change)
    with pytest.raises(InputError, match=message) as error:
        ModelDescription.read(folder)
    assert FILE_NAME in str(error.value) and '\n' not in str(error.value)


def test_missing_files(folder):
    (folder / 'end2end.bin').unlink()
    with pytest.raises(InputError, match='lacks end2end.bin'):
        ModelDescription.read(folder)
    (folder / FILE_NAME).write_text('{')
    with pytest.raises(InputError, match='no json'):
        ModelDescription.read(folder)
    (folder / FILE_NAME).unlink()
    with pytest.raises(InputError, match='cannot be read'):
        ModelDescription.read(folder)
    with pytest.raises(InputError, match='no such model folder'):
        ModelDescription.read(folder / 'none')
