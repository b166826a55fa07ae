"""The command that says what is wrong with a data set."""
from __future__ import annotations

import json
import re

import cv2
import numpy as np
import pytest
from annotation_files import make_content
from tool_loader import sasd

from sasd_mmpose import InputError


@pytest.fixture
def check(tmp_path):
    """Write a data set, and run the command on it."""
    content = make_content()
    (tmp_path / 'images').mkdir()
    for image in content['images']:
        cv2.imwrite(str(tmp_path / 'images' / image['file_name']),
                    np.full((150, 200, 3), 90, np.uint8))

    def run(change=lambda content: None, *more) -> int:
        change(content)
        (tmp_path / 'a.json').write_text(json.dumps(content))
        return sasd('check', tmp_path / 'a.json', '--images', tmp_path / 'images',
                    '--sheet', tmp_path / 'out' / 'sheet.html', *more)

    return run


def test_the_exit_status_is_the_severity(check, capsys):
    assert check() == 0
    assert 'nothing is wrong' in capsys.readouterr().out
    assert check(lambda c: c['annotations'][0].update(
        segmentation=[[1, 2, 3]])) == 1
    assert check(lambda c: c['annotations'][0].update(image_id=9)) == 2
    said = capsys.readouterr().out
    assert 'annotations[0].image_id' in said and '2 kinds of faults' in said


def test_the_sheet_shows_images_with_their_labels(check, tmp_path):
    check(lambda c: c['images'][1].update(file_name='<b>.jpg'),
          '--metainfo', 'coco.py')
    page = (tmp_path / 'out' / 'sheet.html').read_text()
    assert '&lt;b&gt;.jpg' in page and '<b>.jpg' not in page
    images = re.findall('src="data:image/jpeg;base64,([^"]+)"', page)
    assert len(images) == 2 and 'src="http' not in page
    assert 'class="error"' in page


def test_bad_arguments(check, tmp_path):
    with pytest.raises(InputError, match='--num -1'):
        check(lambda content: None, '--num', -1)
    with pytest.raises(InputError, match='none.json: no such annotation file'):
        sasd('check', tmp_path / 'none.json', '--images', tmp_path)
