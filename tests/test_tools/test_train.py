"""Training and testing from the command line, in small."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_nets import CONFIGS, training_cfg
from tool_loader import load_tool

from sasd_mmpose import InputError

ROOT = Path(__file__).parents[2]


def run(tool: str, *args: str, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, '-W', 'ignore', str(ROOT / 'tools' / tool), *args],
        capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, 'PYTHONPATH': str(ROOT), **env})


@pytest.mark.slow
def test_train_and_test(tmp_path):
    """One epoch with the twin; its checkpoint is then evaluated."""
    cfg = training_cfg(tmp_path, name='sasd_xs_coco_mini')
    for hook in cfg.custom_hooks:
        if hook.type == 'SASDStageHook':
            hook.warmup_epochs = 0
    pipeline = [cfg.load, dict(type='PoseResize', input_size=(64, 64)),
                cfg.pack_test]
    dataset = dict(cfg.train_dataloader.dataset, pipeline=pipeline,
                   test_mode=True)
    cfg.test_dataloader = dict(
        batch_size=2, num_workers=0, dataset=dataset,
        sampler=dict(type='DefaultSampler', shuffle=False))
    cfg.test_cfg = dict()
    cfg.test_evaluator = dict(
        type='PoseCocoMetric', score_mode='bbox', nms_mode='none')
    config = tmp_path / 'small.py'
    cfg.dump(config)

    done = run('train.py', str(config), '--work-dir', str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    checkpoint = tmp_path / 'epoch_1.pth'
    assert checkpoint.is_file()
    log, = tmp_path.glob('*/vis_data/scalars.json')
    steps = [json.loads(line) for line in log.read_text().splitlines()]
    assert len(steps) == 2 and 'loss_distill' in steps[0]

    done = run('test.py', str(config), str(checkpoint), '--work-dir',
               str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    assert 'coco/AP' in done.stdout + done.stderr


@pytest.mark.slow
def test_no_data_folder_ends_with_one_line(tmp_path):
    done = run('train.py', str(CONFIGS / 'sasd_xs_coco_mini.py'),
               '--work-dir', str(tmp_path),
               SASD_DATA_ROOT=str(tmp_path / 'nowhere'))
    assert done.returncode == 1
    assert 'Traceback' not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith('error: ') and str(tmp_path / 'nowhere') in last


@pytest.mark.parametrize('arguments, line', [
    (['nowhere.py'], 'nowhere.py: no such config file'),
    (['broken.py'], 'broken.py: cannot be read as a config'),
    ([str(CONFIGS / 'sasd_xs_coco_mini.py'), '--work-dir', 'broken.py'],
     r'broken.py: cannot be written \(File exists'),
    (['--launcher', 'none', '--work-dir', 'link', str(
        CONFIGS / 'sasd_xs_coco_mini.py'), '--cfg-options', 'a=1'],
     r'link: cannot be written \(a link to none, which is not there'),
])
def test_what_mmpose_would_end_with_a_traceback_for(
        tmp_path, monkeypatch, arguments, line):
    monkeypatch.chdir(tmp_path)
    Path('broken.py').write_text('model = dict(')
    Path('link').symlink_to('none')
    tool = load_tool('_mmpose_tool')
    with pytest.raises(InputError, match=line):
        tool.check_arguments(arguments)


def test_arguments_that_can_be_used(tmp_path):
    tool = load_tool('_mmpose_tool')
    tool.check_arguments([])
    tool.check_arguments([str(CONFIGS / 'sasd_xs_coco_mini.py'), 'a.pth',
                          '--work-dir', str(tmp_path / 'made' / 'deep'), '--resume'])
    assert (tmp_path / 'made' / 'deep').is_dir()
