"""What is drawn is what is trained."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from small_nets import build, model_cfg, people

from sasd_mmpose.models.task_modules import GroundTruth
from sasd_mmpose.visualization.assignments import (
    draw_assignment,
    draw_sample,
    save_figure,
)
from sasd_mmpose.visualization.training_view import same_targets, view_training_sample

METAINFO = parse_pose_metainfo(
    dict(from_file='configs/_base_/datasets/coco.py'))


def direct_cfg():
    cfg = model_cfg()
    cfg.type = 'DirectDistiller'
    return cfg


def plain_cfg():
    cfg = model_cfg()
    cfg.type = 'BottomupPoseEstimator'
    cfg.pop('loss_distill')
    return cfg


CONFIGS = dict(
    staggered=model_cfg, direct=direct_cfg, plain=plain_cfg,
    without_aux=lambda: model_cfg(aux_level=False))


def make_sample(count: int = 3, size: tuple[int, int] = (96, 64)) -> dict:
    width, height = size
    image = torch.randint(0, 256, (3, height, width), dtype=torch.uint8)
    return dict(inputs=image, data_samples=people([count], size)[0])


@pytest.fixture(scope='module')
def models():
    return {name: build(make()) for name, make in CONFIGS.items()}


def test_staggered_view(models):
    sample = make_sample()
    view = view_training_sample(models['staggered'], sample)
    assert view.image.shape == (64, 96, 3)
    assert (view.image == sample['inputs'].permute(1, 2, 0).numpy()[..., ::-1]
            ).all()
    assert view.high_image.shape == (128, 192, 3)
    assert [level.index for level in view.base] == [3, 4, 5]
    assert [level.index for level in view.high] == [4, 5, 6]
    assert [level.grid_size for level in view.base] == [(8, 12), (4, 6), (2, 3)]
    for base, high in zip(view.base, view.high, strict=True):
        assert base.grid_size == high.grid_size
        assert same_targets(base.targets, high.targets)
        assert (base.persons == high.persons).all()
    labels = sample['data_samples'].gt_instance_labels
    np.testing.assert_allclose(
        view.persons.boxes, labels.bboxes.numpy(), atol=1e-4)


def test_other_views(models):
    sample = make_sample()
    direct = view_training_sample(models['direct'], sample)
    assert [level.index for level in direct.high] == [3, 4, 5]
    assert direct.high[0].grid_size == (16, 24)
    assert not same_targets(direct.base[0].targets, direct.high[0].targets)
    plain = view_training_sample(models['plain'], sample)
    assert plain.high == [] and plain.high_image is None
    without = view_training_sample(models['without_aux'], sample)
    assert [level.index for level in without.high] == [4, 5]


def test_each_positive_has_its_owner(models):
    """Its keypoints, too, are those of the person it is said to predict."""
    sample = make_sample(count=6)
    view = view_training_sample(models['direct'], sample)
    truth = GroundTruth.from_samples([sample['data_samples']], 17)
    for factor, levels in ((1, view.base), (2, view.high)):
        for level in levels:
            target = level.targets
            cells = torch.stack([target.col, target.row], 1)[:, None]
            found = (target.keypoints + cells) * level.stride / factor
            torch.testing.assert_close(
                found, truth.keypoints[torch.from_numpy(level.persons)],
                atol=1e-3, rtol=0)


@pytest.mark.parametrize('name', CONFIGS)
@pytest.mark.parametrize('count', [0, 4])
def test_drawings(models, name, count, tmp_path):
    view = view_training_sample(models[name], make_sample(count))
    for number, draw in enumerate((draw_sample, draw_assignment)):
        file = tmp_path / f'{number}.png'
        save_figure(draw(view, METAINFO), file)
        assert cv2.imread(str(file)).shape[1] > 700


def texts(figure) -> str:
    return '\n'.join(text.get_text() for owner in (figure, *figure.axes)
                     for text in owner.texts)


def test_what_the_drawing_says(models):
    sample = make_sample(count=20)
    said = {}
    for name, model in models.items():
        view = view_training_sample(model, sample)
        said[name] = texts(draw_assignment(view, METAINFO))
    assert said['staggered'].count('same targets') == 3
    assert 'P′₆ teaches P₅' in said['staggered']
    assert 'in training only' in said['staggered']
    assert 'P′₃, halved, teaches P₃' in said['direct']
    assert 'other targets' in said['direct']
    assert 'nobody teaches P₅' in said['without_aux']
    assert 'teaches' not in said['plain']
    assert all('and 8 more' in text for text in said.values())
    assert all('image_0.jpg' in text for text in said.values())


def test_caption_names_the_files_of_a_mosaic(models):
    sample = make_sample()
    names = tuple(f'/data/{i:012d}.jpg' for i in range(4))
    sample['data_samples'].set_metainfo(dict(mosaic_img_paths=names))
    view = view_training_sample(models['plain'], sample)
    said = texts(draw_sample(view, METAINFO)).replace('\n', ' ')
    assert all(Path(name).name in said for name in names)
