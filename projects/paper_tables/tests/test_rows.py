"""Every row of the paper's tables builds the thing that its name says."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from small_nets import build, people
from tool_loader import command

from projects.paper_tables import read_suites, recipe_digest
from projects.paper_tables.suites import BASES
from sasd_mmpose.models import deployed_cfg

ALL = {f'{suite.name}/{row.name}': (suite, row)
       for suite in read_suites().values() for row in suite.rows}
ROWS = sorted(ALL)
ROOT = Path(__file__).parents[3]
START = BASES['mini'].with_name('sasd_xs_coco_mini_start.py')
SIZE = 64

BASE = {'loss_bbox', 'loss_obj', 'loss_keypoint_conf', 'loss_oks',
        'loss_skeleton'}
HIGH = {f'high.{name}' for name in BASE}
DISTILL = {'loss_distill'}
SASD = BASE | HIGH | DISTILL


def without_skeleton(names: set[str]) -> set[str]:
    return {name for name in names if 'skeleton' not in name}


# What each row trains with.
LOSSES = {
    'table3/baseline': BASE,
    'table3/random_scale': BASE,
    'table3/high_resolution': BASE,
    'table4/oks': without_skeleton(BASE | HIGH),
    'table4/oks_skeleton': BASE | HIGH,
    'table4/oks_distillation': without_skeleton(SASD),
    'table5/baseline': without_skeleton(BASE | HIGH),
    'table5/normalized_skeleton': BASE | HIGH,
    'table5/unnormalized_skeleton': BASE | HIGH,
    'table6/baseline': BASE,
}
TWO_NETS = {'table3/sasd_wo_weight_sharing'}
NO_AUX = {'table3/sasd_wo_auxiliary_level', 'table3/direct_distillation'}


@cache
def load(name: str, form: str = 'full') -> Config:
    suite, row = ALL[name]
    return suite.config(row, form)


@pytest.fixture(scope='module', params=ROWS)
def row(request) -> str:
    return request.param


@pytest.fixture(scope='module')
def trained(row):
    """The net of a row and the losses of one step."""
    model = build(deepcopy(load(row).model)).train()
    batch = dict(
        inputs=[torch.randint(0, 256, (3, SIZE, SIZE), dtype=torch.uint8)
                for _ in range(2)],
        data_samples=people((2, 1), (SIZE, SIZE)))
    prepared = model.data_preprocessor(batch, training=True)
    return model, prepared, model(**prepared, mode='loss')


def test_the_very_losses_are_there(row, trained):
    assert set(trained[2]) == LOSSES.get(row, SASD)


def test_twins_share_their_weights_or_not(row, trained):
    model = trained[0]
    names = {name for name, _ in model.named_parameters()}
    assert any(name.startswith('twin.') for name in names) == (row in TWO_NETS)
    storages = [p.data_ptr() for p in model.parameters()]
    assert len(storages) == len(set(storages))


def test_the_auxiliary_level_is_there_or_not(row, trained):
    names = {name for name, _ in trained[0].named_parameters()}
    expected = row not in NO_AUX and LOSSES.get(row) != BASE
    assert any(n.startswith('aux_level.') for n in names) == expected
    with_head = expected and row != 'open-questions/heads_by_position'
    assert any(n.startswith('aux_level.head.') for n in names) == with_head


def test_inference_is_that_of_the_same_net(row, trained):
    """All rows deploy one architecture, but for the un-pruned one."""
    model = trained[0].eval()
    levels = []
    head = model.head
    predict_by_maps = type(head).predict_by_maps

    def watch(passes, *args):
        levels.append(len(passes[0]))
        return predict_by_maps(head, passes, *args)

    head.predict_by_maps = watch
    with torch.no_grad():
        model(torch.rand(1, 3, SIZE, SIZE), people((1, ), (SIZE, SIZE)),
              mode='predict')
    model.train()
    assert levels == [4 if row == 'table6/sasd_unpruned' else 3]
    assert deployed_cfg(load(row).model) == deployed_cfg(
        load('table3/sasd').model) or row in (
            'table3/random_scale', 'table3/high_resolution')


def test_input_sizes_of_training(row, trained):
    side = trained[1]['inputs'].shape[-1]
    if row == 'table3/high_resolution':
        assert side == 2 * SIZE
    elif row == 'table3/random_scale':
        assert side in (32, 64, 96)
    else:
        assert side == SIZE


def test_losses_are_the_ones_named(row):
    cfg = load(row).model
    distill = cfg.get('loss_distill') or {}
    criterion = cfg.head.criterion
    skeleton = criterion.loss_skeleton or {}
    assert (distill.get('distance') == 'l2') == row.endswith('l2_norm')
    assert (distill.get('detach_teacher', True) is False) == row.endswith(
        'teacher_gradient')
    assert (skeleton.get('normalize', True) is False) == row.endswith(
        'unnormalized_skeleton')
    gain = 1.0 if row.endswith('gains_times_10') else 0.1
    assert criterion.loss_oks.loss_weight == gain
    assert not skeleton or skeleton.loss_weight == gain
    assert not distill or distill.loss_weight == (
        0.2 if row.endswith('gamma_times_10') else 0.02)
    assert cfg.get('shared_statistics', True) != row.endswith(
        'statistics_apart')
    assert (cfg.type == 'DirectDistiller') == row.endswith(
        'direct_distillation')


# ------------------------------------------------------------- small forms


@pytest.mark.parametrize('form', ['full', 'mini'])
def test_rows_have_equal_data_epochs_and_recipe(row, form):
    cfg, reference = load(row, form), load('table3/sasd', form)
    assert set(cfg) == set(reference)
    for key in set(cfg) - {'model', 'custom_imports'}:
        assert cfg[key] == reference[key], key
    assert cfg.model.backbone == reference.model.backbone
    assert cfg.model.head.anchors == reference.model.head.anchors


def test_the_small_recipe():
    cfg = load('table3/sasd', 'mini')
    stage, = (h for h in cfg.custom_hooks if h.type == 'SASDStageHook')
    assert cfg.train_cfg.max_epochs == 4 * stage.warmup_epochs
    assert max(s.end for s in cfg.param_scheduler) == cfg.train_cfg.max_epochs
    parent = Config.fromfile(START)
    for name in ('train', 'val', 'test'):
        pipeline = cfg[f'{name}_dataloader'].dataset.pipeline
        sizes = {tuple(step[key]) for step in pipeline
                 for key in ('input_size', 'img_scale') if key in step}
        assert sizes == {tuple(cfg.input_size)}
    # The net that it starts from: the parent's, at the end of its training.
    assert cfg.model.head.anchors == parent.model.head.anchors
    for part in ('backbone', 'neck', 'head'):
        init = cfg.model[part].init_cfg
        assert init.checkpoint == (
            'work_dirs/sasd_xs_coco_mini_start/'
            f'epoch_{parent.train_cfg.max_epochs}.pth')
        assert init.prefix == f'{part}.'
    # The paper's losses alone.
    assert cfg.model.head.criterion.loss_distance is None


def test_the_start_has_no_twin():
    cfg = Config.fromfile(START)
    stage, = (h for h in cfg.custom_hooks if h.type == 'SASDStageHook')
    assert stage.warmup_epochs == cfg.train_cfg.max_epochs
    assert max(s.end for s in cfg.param_scheduler) == cfg.train_cfg.max_epochs


# Recipes of the published results, by row; rows of one training share one.
def published() -> dict[str, str]:
    recipes = {}
    for name, (suite, row) in ALL.items():
        result = json.loads(suite.result_path(row.name, 'mini', 0).read_text())
        recipes[name] = result['recipe'], result['changes']
    return recipes


@pytest.mark.parametrize('name', ROWS)
def test_published_results_are_those_of_the_present_recipes(name):
    recipe, changes = published()[name]
    cfg = deepcopy(load(name, 'mini'))
    cfg.merge_from_dict(changes)
    assert recipe_digest(cfg) == recipe


@pytest.mark.parametrize('name', ROWS)
def test_a_written_config_is_that_of_the_row(name, monkeypatch, tmp_path):
    """`config` writes what MMEngine reads back as the same recipe."""
    suite, row = name.split('/')
    out = tmp_path / 'row.py'
    write = command('projects.paper_tables.__main__', monkeypatch)
    assert write('config', suite, row, '--form', 'mini', '--out', out) == 0
    written = Config.fromfile(out)
    assert recipe_digest(written) == recipe_digest(load(name, 'mini'))
    assert 'sasd_mmpose.registration' in written.custom_imports.imports


@pytest.mark.slow
def test_config_prints_the_path_alone(tmp_path):
    """It stands as an argument of another command, wherever the data is."""
    out = tmp_path / 'row.py'
    printed = subprocess.run(
        [sys.executable, '-m', 'projects.paper_tables', 'config', 'table3',
         'random_scale', '--out', out],
        cwd=ROOT, env={**os.environ, 'SASD_DATA_ROOT': str(tmp_path)},
        capture_output=True, text=True, check=True).stdout
    assert printed == f'{out}\n'
    assert Config.fromfile(out).data_root.startswith(str(tmp_path))
