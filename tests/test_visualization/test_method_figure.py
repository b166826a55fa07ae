"""The figure of the README can be drawn again."""
from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2

SCRIPT = Path(__file__).parents[2] / 'docs' / 'figures' / 'draw_method.py'


def test_figure_on_disk_is_what_the_script_draws(tmp_path):
    spec = importlib.util.spec_from_file_location('draw_method', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.draw_method().savefig(tmp_path / 'method.png', dpi=150)
    drawn = cv2.imread(str(tmp_path / 'method.png'))
    kept = cv2.imread(str(SCRIPT.with_name('method.png')))
    assert drawn.shape == kept.shape
    # Fonts are smoothed differently from version to version.
    assert cv2.absdiff(drawn, kept).mean() < 4
