"""The command that fits anchors."""
from __future__ import annotations

import re

import numpy as np
import pytest
from small_nets import CONFIGS
from tool_loader import sasd

from sasd_mmpose import InputError
from sasd_mmpose.datasets.person_boxes import build_labels, mean_pose, person_sizes
from sasd_mmpose.engine.config import load_config


def printed_anchors(text: str) -> np.ndarray:
    """What would be pasted into a config."""
    found = {}
    exec(re.search(r'^anchors = \[.*?\]\]\]', text, re.S | re.M)[0], found)
    return np.array(found['anchors'])


def test_synthetic(capsys):
    config = CONFIGS / 'sasd_xs_synthetic.py'
    sasd('anchors', config, '--num', 40, '--seed', 1)
    said = capsys.readouterr().out
    anchors = printed_anchors(said)
    assert anchors.shape == (3, 3, 2)
    areas = anchors.prod(axis=2).ravel()
    assert (np.diff(areas) > -0.1 * areas[1:]).all()  # but for the rounding
    recall = dict(re.findall(r"(these|config's).*?(\d\.\d{4})", said))
    assert float(recall['these']) > 0.98
    sasd('anchors', config, '--num', 40, '--seed', 1, '--size', 256)
    larger = printed_anchors(capsys.readouterr().out)
    np.testing.assert_allclose(larger / anchors, 2, rtol=0.25)


def test_sizes_are_those_of_training_targets(coco_mini, monkeypatch):
    monkeypatch.setenv('SASD_DATA_ROOT', str(coco_mini.parent))
    cfg = load_config(CONFIGS / 'sasd_xs_coco_mini.py')
    dataset = build_labels(cfg, 'train', 50)
    sizes = person_sizes(dataset, (192, 192))
    assert sizes.min() >= 2 and sizes.max() <= 192
    counts = [(dataset.get_data_info(i)['keypoints_visible'] > 0).any(1).sum()
              for i in range(50)]
    assert 0.9 * sum(counts) < len(sizes) <= sum(counts)


def test_joined_data_sets_count_together():
    cfg = load_config(CONFIGS / 'sasd_xs_synthetic.py')
    people = cfg.train_dataloader.dataset
    parts = [dict(people, num_images=8), dict(people, num_images=5, seed=3)]
    sizes, poses = [], []
    for dataset in (*parts, dict(type='ConcatDataset', datasets=parts)):
        cfg.train_dataloader.dataset = dataset
        labels = build_labels(cfg, 'train')
        sizes.append(person_sizes(labels, (192, 192)))
        poses.append(mean_pose(labels))
    np.testing.assert_allclose(sizes[2], np.concatenate(sizes[:2]))
    assert poses[2].shape == poses[0].shape
    assert not np.allclose(poses[2], poses[0])


def test_bad_input():
    config = CONFIGS / 'sasd_xs_synthetic.py'
    with pytest.raises(InputError, match='too few'):
        sasd('anchors', config, '--num', 1)
    with pytest.raises(InputError, match='multiple of the largest stride'):
        sasd('anchors', config, '--size', 100)
