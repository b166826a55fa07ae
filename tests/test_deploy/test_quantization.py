"""What an int8 net is calibrated on."""
from __future__ import annotations

import numpy as np
import pytest
from mmengine.registry import DefaultScope
from small_nets import CONFIGS

from projects.synthetic_people import SyntheticPeople

pytest.importorskip('onnxruntime')

# ruff: noqa: E402
from sasd_mmpose.deploy.quantization import calibration_images
from sasd_mmpose.images import read_image


def test_a_training_set_is_found_in_a_fresh_process():
    """Where no config has set MMEngine's scope."""
    with DefaultScope.overwrite_default_scope('mmengine'):
        image, *others = calibration_images(CONFIGS / 'sasd_xs_synthetic.py', 2)
    assert image.ndim == 3 and len(others) == 1


def test_images_of_a_folder_evenly_spread(tmp_path):
    SyntheticPeople(num_images=5, image_size=(200, 150)).export(tmp_path)
    files = sorted((tmp_path / 'images').iterdir())
    assert len(files) == 5
    found = calibration_images(tmp_path / 'images', 2)
    for image, file in zip(found, (files[0], files[2]), strict=True):
        np.testing.assert_array_equal(image, read_image(file))
