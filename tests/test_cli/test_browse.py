"""The command that shows what is trained."""
from __future__ import annotations

import cv2
import pytest
from small_nets import CONFIGS
from tool_loader import sasd

from sasd_mmpose import InputError
from sasd_mmpose.engine.config import load_config
from sasd_mmpose.visualization.training_browser import TrainingBrowser


def test_browse(tmp_path):
    sasd('browse', CONFIGS / 'sasd_xs_synthetic.py', '--out', tmp_path / 'new',
         '--num', 2)
    names = sorted(p.name for p in (tmp_path / 'new').iterdir())
    assert names == ['cells_00.png', 'cells_01.png', 'sample_00.png',
                     'sample_01.png']
    assert cv2.imread(str(tmp_path / 'new' / 'cells_01.png')).size > 10**6
    (tmp_path / 'file').write_text('')
    with pytest.raises(InputError, match='cannot be written'):
        sasd('browse', CONFIGS / 'sasd_xs_synthetic.py', '--out',
               tmp_path / 'file' / 'new', '--num', 1)


def test_a_seed_gives_the_same_samples():
    browser = TrainingBrowser(load_config(CONFIGS / 'sasd_xs_synthetic.py'))
    first, again, other = (
        [view.image for view in browser.views(2, seed)] for seed in (0, 0, 1))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not all((a == b).all() for a, b in zip(first, other, strict=True))


def test_mosaics_of_photographs(coco_mini, monkeypatch):
    monkeypatch.setenv('SASD_DATA_ROOT', str(coco_mini.parent))
    cfg = load_config(CONFIGS / 'sasd_xs_coco_mini.py')
    for split in ('train', 'val'):
        view, = TrainingBrowser(cfg, split).views(1)
        assert view.image.shape == (192, 192, 3)
        assert len(view.files) in (1, 4)
        assert len(view.persons.boxes) > 0
