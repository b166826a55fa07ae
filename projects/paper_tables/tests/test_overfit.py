"""Learning photographs by heart: every part of training and testing at once."""
from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmpose.registry import MODELS

from projects.paper_tables.overfit import clear_images, overfit
from sasd_mmpose import InputError
from sasd_mmpose.engine.config import load_config

CONFIGS = Path(__file__).parents[3] / 'configs'
STEPS = 300


@pytest.mark.slow
def test_sixteen_photographs_are_learnt(coco_mini: Path, tmp_path: Path):
    config = load_config(CONFIGS / 'sasd_xs_coco_mini.py')
    config.train_dataloader.dataset.data_root = str(coco_mini)
    # AdamW takes 700 steps (results/overfit).
    config.optim_wrapper.optimizer.type = 'MuonAdamW'
    weights = tmp_path / 'weights.pth'
    report = overfit(config, tmp_path, num_images=16, steps=STEPS,
                     weights=weights)
    assert report['AP'][0] >= 0.85
    saved = torch.load(weights, weights_only=True)
    MODELS.build(config.model).load_state_dict(saved['state_dict'])


def person(image_id: int, width: float, height: float, labelled: int) -> dict:
    return dict(image_id=image_id, bbox=[0, 0, width, height],
                num_keypoints=labelled)


def test_images_with_small_wide_or_hidden_people_are_left_out():
    images = [dict(id=i, width=100, height=80) for i in (5, 4, 3, 2, 1, 0)]
    people = [
        person(0, 15, 40, 12),
        person(1, 15, 40, 12), person(1, 15, 30, 12),  # one is small
        person(2, 30, 40, 12),  # wide
        person(3, 15, 40, 9),  # few joints
        person(5, 20, 60, 17), person(5, 20, 60, 10)]
    chosen = clear_images(dict(images=images, annotations=people), 2)
    assert [image['id'] for image in chosen['images']] == [0, 5]
    assert [ann['image_id'] for ann in chosen['annotations']] == [0, 5, 5]
    with pytest.raises(InputError, match='3 images .* 2 are there'):
        clear_images(dict(images=images, annotations=people), 3)


def test_data_without_a_file_cannot_be_chosen_from(tmp_path: Path):
    config = load_config(CONFIGS / 'sasd_xs_synthetic.py')
    with pytest.raises(InputError, match='SyntheticPeople has no annotation'):
        overfit(config, tmp_path)
