"""What an int8 net is calibrated on."""
from __future__ import annotations

import pytest
from mmengine.registry import DefaultScope
from small_nets import CONFIGS

pytest.importorskip('onnxruntime')

# ruff: noqa: E402
from sasd_mmpose.deploy.quantization import calibration_images


def test_a_training_set_is_found_in_a_fresh_process():
    """Where no config has set MMEngine's scope."""
    with DefaultScope.overwrite_default_scope('mmengine'):
        image, *others = calibration_images(CONFIGS / 'sasd_xs_synthetic.py', 2)
    assert image.ndim == 3 and len(others) == 1
