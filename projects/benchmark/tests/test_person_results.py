"""The truth gets AP 1, half of it less, and nobody 0."""
from __future__ import annotations

import numpy as np
import pytest
from mmengine.config import Config
from small_nets import CONFIGS

from projects.benchmark.person_results import evaluate_persons
from projects.synthetic_people import SyntheticPeople
from projects.synthetic_people.demo import true_persons


@pytest.fixture
def cfg() -> Config:
    cfg = Config.fromfile(CONFIGS / 'sasd_xs_synthetic.py')
    cfg.test_dataloader.dataset.num_images = 4
    return cfg


@pytest.mark.parametrize('kept, ap', [(2, 1.0), (1, 0.5), (0, 0.0)])
def test_ap(cfg, kept, ap):
    """Of every image's two persons, some are found."""
    cfg.test_dataloader.dataset.update(min_people=2, max_people=2)
    data_set = SyntheticPeople(**{
        key: value for key, value in cfg.test_dataloader.dataset.items()
        if key not in ('type', 'pipeline')})
    infos = [data_set.get_data_info(i) for i in range(len(data_set))]

    def find(image: np.ndarray) -> list:
        info, = (i for i in infos if np.array_equal(i['img'], image))
        return true_persons(info)[:kept]

    metrics, images = evaluate_persons(cfg, find)
    assert images == 4
    assert metrics['coco/AP'] == pytest.approx(ap, abs=0.06)
