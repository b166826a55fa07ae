"""Learning 16 photographs by heart: every part of training and testing at once."""
from __future__ import annotations

import json
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.runner import Runner

CONFIG = Path(__file__).parents[1] / 'configs' / 'sasd_xs_coco_mini.py'
NUM_PICTURES = 16
SIZE = 128
BATCH_SIZE = 8
STEPS = 1500
LEARNING_RATE = 1e-2
# What such a small picture shows, and a short training from scratch can learn:
# people of a third of the picture's long side, upright, with most joints.
MIN_HEIGHT = 0.35
MIN_SLENDERNESS = 1.8
MIN_KEYPOINTS = 10


def clear_pictures(annotations: dict) -> dict:
    """Keep the first pictures in which everybody is easy to see."""
    people: dict[int, list[dict]] = {}
    for ann in annotations['annotations']:
        people.setdefault(ann['image_id'], []).append(ann)

    def fits(image: dict) -> bool:
        min_height = MIN_HEIGHT * max(image['width'], image['height'])
        return all(
            ann['num_keypoints'] >= MIN_KEYPOINTS and height > min_height
            and height > MIN_SLENDERNESS * width
            for ann in people[image['id']]
            for width, height in [ann['bbox'][2:]])

    images = [image for image in annotations['images'] if fits(image)]
    images = sorted(images, key=lambda image: image['id'])[:NUM_PICTURES]
    return dict(
        annotations, images=images,
        annotations=sum((people[image['id']] for image in images), []))


def overfit_cfg(coco_mini: Path, folder: Path) -> Config:
    """Config of a run on the 16 pictures, without augmentation or twin."""
    ann_file = str(folder / 'sixteen.json')
    cfg = Config.fromfile(CONFIG)
    size = (SIZE, SIZE)
    # The very pixels of the test: a net that knows 16 pictures by heart is
    # thrown by another way of shrinking them.
    fit = dict(
        type='BottomupRandomAffine', input_size=size, scale_type='long',
        shift_prob=0, rotate_prob=0, scale_prob=0, pad_val=114,
        bbox_keep_corner=False, clip_border=True)
    cfg.model.head.anchors = [[[side * SIZE / cfg.input_size[0]
                                for side in anchor] for anchor in level]
                              for level in cfg.anchors]
    # Mirror images are not among what is learnt.
    cfg.model.test_cfg.flip_test = False
    cfg.train_dataloader.update(
        batch_size=BATCH_SIZE,
        sampler=dict(type='InfiniteSampler', shuffle=True))
    cfg.train_dataloader.dataset.update(
        data_root=str(coco_mini), ann_file=ann_file,
        pipeline=[cfg.load, fit, cfg.drop_unlabelled, cfg.encode, cfg.pack])
    cfg.test_dataloader.dataset.update(
        data_root=str(coco_mini), ann_file=ann_file,
        pipeline=[
            cfg.load, dict(type='PoseResize', input_size=size), cfg.pack_test
        ])
    cfg.test_evaluator.ann_file = ann_file
    cfg.val_dataloader = cfg.val_evaluator = cfg.val_cfg = None
    cfg.train_cfg = dict(type='IterBasedTrainLoop', max_iters=STEPS)
    cfg.optim_wrapper.optimizer.update(lr=LEARNING_RATE, weight_decay=0.01)
    cfg.optim_wrapper.clip_grad = dict(max_norm=10.0)
    cfg.param_scheduler = [
        dict(type='LinearLR', start_factor=0.01, by_epoch=False, end=50),
        dict(type='CosineAnnealingLR', eta_min=LEARNING_RATE * 0.05,
             by_epoch=False, begin=50, end=STEPS)
    ]
    cfg.custom_hooks = [
        dict(type='SASDStageHook', warmup_epochs=1),
        dict(type='FiniteLossHook')
    ]
    cfg.default_hooks.checkpoint = None
    cfg.log_level = 'WARNING'
    cfg.work_dir = str(folder)
    return cfg


@pytest.mark.slow
def test_sixteen_photographs_are_learnt(coco_mini: Path, tmp_path: Path):
    annotations = json.loads(
        (coco_mini / 'annotations/person_keypoints_train.json').read_text())
    chosen = clear_pictures(annotations)
    assert len(chosen['images']) == NUM_PICTURES
    (tmp_path / 'sixteen.json').write_text(json.dumps(chosen))

    runner = Runner.from_cfg(overfit_cfg(coco_mini, tmp_path))
    runner.train()
    assert runner.test()['coco/AP'] >= 0.85
