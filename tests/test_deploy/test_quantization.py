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


def test_joined_training_sets_are_taken_together(tmp_path):
    config = tmp_path / 'joined.py'
    config.write_text(
        f"_base_ = '{CONFIGS.as_posix()}/sasd_xs_synthetic.py'\n"
        'people = _base_.train_dataloader.dataset\n'
        "train_dataloader = dict(dataset=dict(_delete_=True, type='ConcatDataset',"
        ' datasets=[dict(people, num_images=2),'
        ' dict(people, num_images=1, seed=5)]))\n')
    images = list(calibration_images(config, 3))
    assert len(images) == 3
    assert not np.array_equal(images[0], images[2])


def test_images_of_a_folder_evenly_spread(tmp_path):
    SyntheticPeople(num_images=5, image_size=(200, 150)).export(tmp_path)
    files = sorted((tmp_path / 'images').iterdir())
    assert len(files) == 5
    found = calibration_images(tmp_path / 'images', 2)
    for image, file in zip(found, (files[0], files[2]), strict=True):
        np.testing.assert_array_equal(image, read_image(file))
