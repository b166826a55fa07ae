"""The recipe of sasd_xs_pose_mix in small: killed and resumed, it goes on."""
from __future__ import annotations

import json
import os

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from small_nets import CONFIGS, training_cfg

from sasd_mmpose import InputError
from sasd_mmpose.datasets import CheckedCocoDataset

EPOCHS = 4


class Kill(Hook):
    """Ends the training in the middle of an epoch, as a kill does."""

    def after_train_iter(self, runner, batch_idx, data_batch=None,
                         outputs=None) -> None:
        if runner.epoch == 2 and batch_idx == 1:
            raise KeyboardInterrupt


def small_run(work_dir, **kwargs) -> Runner:
    """Build the recipe's run on drawn people from two sources."""
    cfg = training_cfg(work_dir, EPOCHS, 'sasd_xs_pose_mix')
    cfg.model.backbone.init_cfg = None
    _, halved, decay = cfg.param_scheduler
    halved.milestones, decay.begin, decay.end = [2], 2, EPOCHS
    people = cfg.train_dataloader.dataset
    people.pipeline.insert(1, cfg.flip)
    cfg.train_dataloader.dataset = dict(
        type='ConcatDataset',
        datasets=[people, dict(people, seed=7, num_images=8)])
    cfg.train_dataloader.sampler = dict(type='ShareSampler', shares=[1.0, 0.5])
    cfg.default_hooks.checkpoint = dict(type='CheckpointHook', interval=1)
    cfg.update(kwargs)
    return Runner.from_cfg(cfg)


def test_a_killed_run_ends_where_an_unbroken_one_does(tmp_path):
    whole = small_run(tmp_path / 'whole')
    whole.train()
    broken = small_run(tmp_path / 'broken')
    broken.register_hook(Kill())
    with pytest.raises(KeyboardInterrupt):
        broken.train()
    small_run(tmp_path / 'broken', resume=True).train()
    one, other = (
        torch.load(tmp_path / name / f'epoch_{EPOCHS}.pth', weights_only=False)
        for name in ('whole', 'broken'))
    for weights in 'state_dict', 'ema_state_dict':
        for name, value in one[weights].items():
            assert torch.equal(value, other[weights][name]), name
    assert any('aux_heatmap' in name for name in one['state_dict'])


@pytest.fixture()
def mix(data_root):
    root = data_root / 'pose_mix'
    if not root.is_dir():
        pytest.skip(f'needs real images: no pose_mix in {data_root}')
    return root


def test_sources_of_the_real_images(mix, monkeypatch):
    monkeypatch.setitem(os.environ, 'SASD_DATA_ROOT', str(mix.parent))
    cfg = Config.fromfile(CONFIGS / 'sasd_xs_pose_mix.py')
    parts = cfg.train_dataloader.dataset.datasets
    kwargs = dict(parts[2], pipeline=[])
    kwargs.pop('type')
    dataset = CheckedCocoDataset(**kwargs)
    images = json.loads(
        (mix / 'annotations/person_keypoints_train.json').read_text())['images']
    source = {image['id']: image['source'] for image in images}
    found = [source[dataset.get_data_info(i)['img_id']]
             for i in range(len(dataset))]
    assert len(found) == 1939 + 275 + 1498
    assert set(found) == {'lsp', 'parse', 'fashion_hutd'}

    kwargs['filter_cfg'] = dict(sources=['lsp', 'elsewhere'])
    with pytest.raises(InputError, match="no image has the source 'elsewhere'"):
        CheckedCocoDataset(**kwargs)
