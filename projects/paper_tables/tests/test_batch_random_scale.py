"""Batches at other sizes: images and labels move together."""
from __future__ import annotations

from copy import deepcopy
from itertools import count

import pytest
import torch
from mmengine import MessageHub
from mmpose.registry import MODELS
from small_nets import model_cfg, people

from projects.paper_tables.variants import BatchRandomScale
from sasd_mmpose import InputError


@pytest.fixture
def at_iteration():
    """Pretend that a run is at some iteration."""
    names = (f'scale_{number}' for number in count())

    def tell(iteration: int, seed: int = 0) -> None:
        # The newest hub is the current one.
        hub = MessageHub.get_instance(next(names))
        hub.update_info_dict(dict(seed=seed, iter=iteration))
    yield tell
    MessageHub._instance_dict.clear()


def test_labels_follow_the_pixels():
    inputs, samples = torch.rand(2, 3, 64, 96), people((2, 1), (96, 64))
    before = [deepcopy(sample.gt_instance_labels) for sample in samples]
    resized, after = BatchRandomScale((2, 2))(inputs, samples)
    wanted = torch.nn.functional.interpolate(
        inputs, scale_factor=2, mode='bilinear')
    torch.testing.assert_close(resized, wanted)
    for old, sample in zip(before, after, strict=True):
        new = sample.gt_instance_labels
        torch.testing.assert_close(new.bboxes, 2 * old.bboxes)
        torch.testing.assert_close(new.keypoints, 2 * old.keypoints)
        torch.testing.assert_close(new.areas, 4 * old.areas)
        assert torch.equal(new.keypoints_visible, old.keypoints_visible)
        assert sample.img_shape == (128, 192)


def test_sizes_are_multiples_over_the_whole_range(at_iteration):
    scale = BatchRandomScale((0.5, 1.5), size_divisor=32)
    sides = []
    for iteration in range(60):
        at_iteration(iteration)
        resized, _ = scale(torch.zeros(1, 3, 128, 128), people((1, )))
        assert resized.shape[-1] == resized.shape[-2]
        sides.append(resized.shape[-1])
    assert set(sides) == {64, 96, 128, 160, 192}


def test_the_gain_follows_from_seed_and_iteration(at_iteration):
    gains = {}
    for key in [(0, 0), (0, 7), (1, 7), (0, 7)]:
        at_iteration(key[1], seed=key[0])
        gain = BatchRandomScale().draw_gain()
        assert gains.setdefault(key, gain) == gain
    assert len(set(gains.values())) == 3


def test_the_same_size_changes_nothing():
    inputs, samples = torch.rand(1, 3, 64, 64), people((2, ))
    resized, after = BatchRandomScale((1, 1))(inputs, samples)
    assert resized is inputs and after is samples


def test_in_a_preprocessor_it_works_in_training_only():
    cfg = model_cfg().data_preprocessor
    cfg.batch_augments = [dict(type='BatchRandomScale', scale_range=(2, 2))]
    preprocessor = MODELS.build(cfg)
    for training, side in ((True, 128), (False, 64)):
        batch = dict(inputs=[torch.zeros(3, 64, 64, dtype=torch.uint8)],
                     data_samples=people((1, )))
        assert preprocessor(batch, training)['inputs'].shape[-1] == side


@pytest.mark.parametrize('scale_range', [(0, 1), (2, 1), (-1, 1)])
def test_bad_range(scale_range):
    with pytest.raises(InputError, match='two positive gains'):
        BatchRandomScale(scale_range)
