"""Early stopping, TensorBoard, the summary, and a batch that fits."""
from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.evaluator import BaseMetric
from mmengine.runner import Runner
from mmpose.registry import METRICS
from small_nets import CONFIGS, training_cfg
from tool_loader import TOOLS, load_tool

from sasd_mmpose import InputError
from sasd_mmpose.engine import auto_batch
from sasd_mmpose.engine.auto_batch import cpu_fits, fitting_batch, largest_part


@METRICS.register_module(force=True)
class FallingMetric(BaseMetric):
    """Worse from epoch to epoch."""
    value = 1.0

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        type(self).value -= 0.1
        return dict(AP=self.value)


def small_cfg(work_dir: Path, epochs: int):
    """A training of one step an epoch that is evaluated after each."""
    cfg = training_cfg(work_dir, epochs, 'sasd_xs_coco_mini', num_images=2)
    cfg.default_hooks.checkpoint = dict(
        type='CheckpointHook', interval=1, max_keep_ckpts=1,
        save_best='coco/AP', rule='greater')
    cfg.default_hooks.last_checkpoint = dict(type='LastCheckpointHook')
    cfg.default_hooks.summary = dict(type='RunSummaryHook')
    dataset = dict(cfg.train_dataloader.dataset, test_mode=True, pipeline=[
        cfg.load, dict(type='PoseResize', input_size=(64, 64)), cfg.pack_test])
    cfg.val_dataloader = dict(
        batch_size=2, num_workers=0, dataset=dataset,
        sampler=dict(type='DefaultSampler', shuffle=False))
    cfg.val_cfg = dict()
    cfg.val_evaluator = dict(type='FallingMetric', prefix='coco')
    cfg.model.test_cfg.flip_test = False
    return cfg


def test_early_stopping_and_the_summary(tmp_path, monkeypatch):
    monkeypatch.setattr(FallingMetric, 'value', 1.0)
    cfg = small_cfg(tmp_path, 9)
    cfg.default_hooks.checkpoint.interval = 2
    # As docs/training.md has it.
    cfg.default_hooks.early_stopping = dict(
        type='EarlyStoppingHook', monitor='coco/AP', rule='greater', patience=2)
    runner = Runner.from_cfg(cfg)
    runner.train()
    assert runner.epoch == 3
    # The best is the first one; it stays beside the last.
    assert (tmp_path / 'best_coco_AP_epoch_1.pth').is_file()
    assert [p.name for p in tmp_path.glob('epoch_*.pth')] == ['epoch_3.pth']
    log, = tmp_path.glob('*/*.log')
    said = log.read_text()
    assert 'trained      3 of 9 epochs, 3 steps' in said
    assert f'best         {tmp_path}/best_coco_AP_epoch_1.pth (coco/AP 0.9000)' \
        in said
    assert f'last         {tmp_path}/epoch_3.pth' in said


def test_tensorboard(tmp_path):
    cfg = training_cfg(tmp_path, name='sasd_xs_coco_mini', num_images=2)
    # As docs/training.md has it.
    cfg.visualizer.vis_backends = [
        dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')]
    Runner.from_cfg(cfg).train()
    events, = tmp_path.glob('*/vis_data/events.out.tfevents.*')
    from tensorboard.backend.event_processing.event_accumulator import (
        EventAccumulator,
    )
    found = EventAccumulator(str(events))
    found.Reload()
    assert 'loss' in found.Tags()['scalars']


@pytest.mark.parametrize('name', [
    p.stem for p in CONFIGS.glob('sasd_*.py')
    # Drawn people: nothing that one would keep.
    if p.stem not in ('sasd_xs_synthetic', 'sasd_xs_demo')])
def test_configs_keep_the_best_and_the_last(name):
    hook = Config.fromfile(CONFIGS / f'{name}.py').default_hooks.checkpoint
    assert hook.save_best.endswith('/AP') and hook.rule == 'greater'
    assert hook.get('save_last', True)


def test_the_largest_part_that_fits():
    assert largest_part(64, lambda batch: batch <= 40) == 32
    assert largest_part(6, lambda batch: batch <= 5) == 3
    assert largest_part(8, lambda batch: True) == 8
    with pytest.raises(InputError, match='not even one image fits'):
        largest_part(8, lambda batch: False)


def test_memory_of_large_batches_follows_from_small_ones(monkeypatch):
    monkeypatch.setattr(auto_batch, 'available_memory', lambda: 400)
    monkeypatch.setattr(auto_batch, 'held_memory', lambda: 600)
    monkeypatch.setattr(auto_batch, 'peak_of', lambda step, batch: 100 + 30 * batch)
    fits = cpu_fits(lambda batch: None)
    # 70 % of 1000 are 700 = 100 + 30 * 20.
    assert fits(20) and not fits(21)


def test_the_peak_of_a_step_is_measured():
    def step(batch: int) -> None:
        torch.ones(batch * 2**22).sum()  # 16 MiB each

    small, large = (auto_batch.peak_of(step, batch) for batch in (1, 9))
    assert 100 * 2**20 < large - small < 160 * 2**20


@pytest.mark.skipif(torch.cuda.is_available(), reason='measures the CPU')
def test_a_batch_is_chosen_by_memory(tmp_path, monkeypatch):
    cfg = training_cfg(tmp_path, name='sasd_xs_coco_mini', num_images=4)
    cfg.train_dataloader.batch_size = 8
    cfg.optim_wrapper.accumulative_counts = 2
    assert fitting_batch(cfg) == (8, 2)
    monkeypatch.setattr(auto_batch, 'available_memory', lambda: 1)
    with pytest.raises(InputError, match='not even one image'):
        fitting_batch(cfg)


@pytest.mark.parametrize('given', [[], ['--cfg-options', 'a.b=1']])
def test_train_py_passes_the_batch_on(monkeypatch, given):
    monkeypatch.syspath_prepend(str(TOOLS))
    tool = load_tool('train')
    monkeypatch.setattr(auto_batch, 'fitting_batch', lambda cfg: (16, 4))
    config = str(CONFIGS / 'sasd_xs_coco.py')
    passed = tool.with_fitting_batch(
        ['--work-dir', 'x', config, '--auto-batch', *given])
    assert '--auto-batch' not in passed
    options = passed[passed.index('--cfg-options') + 1:]
    assert options == ['train_dataloader.batch_size=16',
                       'optim_wrapper.accumulative_counts=4', *given[1:]]
    with pytest.raises(InputError, match='for one process'):
        tool.with_fitting_batch([config, '--launcher', 'pytorch'])
