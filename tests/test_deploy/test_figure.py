"""The image of the maps can be drawn again."""
from __future__ import annotations

import importlib.util

import cv2
from small_nets import CONFIGS

SCRIPT = CONFIGS.parent / 'docs' / 'figures' / 'draw_raw_maps.py'


def test_figure_on_disk_is_what_the_script_draws(tmp_path):
    spec = importlib.util.spec_from_file_location('draw_raw_maps', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.draw_raw_maps().savefig(tmp_path / 'raw_maps.png', dpi=140)
    drawn = cv2.imread(str(tmp_path / 'raw_maps.png'))
    kept = cv2.imread(str(SCRIPT.with_name('raw_maps.png')))
    assert drawn.shape == kept.shape
    # Fonts are smoothed differently from version to version.
    assert cv2.absdiff(drawn, kept).mean() < 4
