"""A short trial trains for its time and is tested as the deployed net."""
from __future__ import annotations

import torch
from mmengine.config import Config
from small_nets import training_cfg
from tool_loader import load_tool

from sasd_mmpose.models.distillers import TRAINING_ONLY

short_trial = load_tool('projects.paper_tables.tools.short_trial')


def test_training_stops_and_the_pruned_net_is_tested(tmp_path, monkeypatch):
    cfg = training_cfg(tmp_path, epochs=1000, name='sasd_xs_pose_mix')
    cfg.model.backbone.init_cfg = None
    people = cfg.train_dataloader.dataset
    cfg.test_dataloader = dict(
        batch_size=2, sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(people, test_mode=True, pipeline=[
            cfg.load, dict(type='PoseResize', input_size=(64, 64)),
            cfg.pack_test]))
    cfg.test_cfg = dict()
    cfg.test_evaluator = dict(
        type='PoseCocoMetric', score_mode='bbox', nms_mode='none',
        ann_file='people.json')
    done = short_trial.train(Config(cfg.to_dict()), minutes=0.03)
    assert done['images'] == 2 * done['iterations'] < 2000
    saved = torch.load(tmp_path / 'trial.pth', weights_only=False)['state_dict']
    assert any(name.startswith(TRAINING_ONLY) for name in saved)

    # Drawn people have no annotation file.
    cfg.test_evaluator.pop('ann_file')
    cfg.test_evaluator.ann_file = None
    monkeypatch.setattr(
        short_trial, 'mean_person_oks',
        lambda ann, found, sigmas: len(sigmas) * found.is_file())
    metrics = short_trial.test(cfg)
    assert metrics['mean_oks'] == 17 and 0 <= metrics['coco/AP'] <= 1
    pruned = torch.load(tmp_path / 'trial.pth')['state_dict']
    assert not any(name.startswith(TRAINING_ONLY) for name in pruned)
