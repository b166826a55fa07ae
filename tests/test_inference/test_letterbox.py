"""The torch-free letterbox gives what the pipeline for testing gives."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from descriptions import DESCRIPTION
from mmpose.models.data_preprocessors import PoseDataPreprocessor

from sasd_mmpose.datasets import PoseResize
from sasd_mmpose.inference.letterbox import Letterbox


@pytest.mark.parametrize('shape', [
    (480, 640), (333, 500), (64, 48), (7, 300), (1, 1), (721, 405), (30, 40_001),
    (33_333, 50)])
@pytest.mark.parametrize('size', [(64, 64), (128, 64)])
def test_same_input_and_same_way_back(shape, size):
    image = np.random.randint(0, 256, (*shape, 3), np.uint8)
    resized = PoseResize(size).transform(dict(img=image, ori_shape=shape))
    blob, place = Letterbox(DESCRIPTION.input, size)(image)
    expected = resized['img'][..., ::-1].transpose(2, 0, 1) / np.float32(255)
    np.testing.assert_array_equal(blob, expected[None])
    assert blob.dtype == np.float32 and blob.flags.c_contiguous

    points = np.random.uniform(0, 64, (3, 5, 2)).astype(np.float32)
    # As MMPose's estimator does it.
    back = (points / resized['input_size'] * resized['input_scale']
            + resized['input_center'] - 0.5 * resized['input_scale'])
    np.testing.assert_allclose(place.to_image(points), back, rtol=1e-6)


@pytest.mark.parametrize('color', ['rgb', 'bgr'])
def test_normalisation_of_the_preprocessor(color):
    mean, std = [123.7, 116.3, 103.5], [58.4, 57.1, 57.4]
    image = np.random.randint(0, 256, (64, 64, 3), np.uint8)
    preprocessor = PoseDataPreprocessor(mean, std, bgr_to_rgb=color == 'rgb')
    expected = preprocessor(dict(
        inputs=[torch.from_numpy(image.transpose(2, 0, 1).copy())],
        data_samples=[]))['inputs']
    spec = replace(DESCRIPTION.input, mean=mean, std=std, color=color)
    blob, _ = Letterbox(spec, (64, 64))(image)
    np.testing.assert_allclose(blob, expected.numpy(), rtol=0, atol=1e-6)
