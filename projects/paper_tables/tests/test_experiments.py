"""Suites of experiments: interruptions, equal terms, and what is written."""
from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmpose.registry import HOOKS
from small_nets import CONFIGS

from projects.paper_tables import (
    Row,
    Suite,
    SuiteRunner,
    last_good_checkpoint,
    plot_suite,
    read_results,
    read_suites,
    recipe_digest,
    suite_table,
    train,
)
from projects.paper_tables import runs as runs_module
from projects.paper_tables.time_limit_hook import TimeLimitReached
from projects.paper_tables.training import Busy, exclusive
from sasd_mmpose import InputError

EPOCHS = 3
ITERS_PER_EPOCH = 2
# Six drawn images, augmented, the twin from the second epoch on.
CONFIG = f"""
_base_ = '{CONFIGS.as_posix()}/sasd_xs_synthetic.py'
max_epochs = {EPOCHS}
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
param_scheduler = [
    dict(s, end=max_epochs) if s['end'] == _base_.max_epochs else s
    for s in _base_.param_scheduler]
custom_hooks = [
    dict(h, warmup_epochs=1) if h['type'] == 'SASDStageHook' else h
    for h in _base_.custom_hooks]
input_size = (64, 64)
train_pipeline, val_pipeline = (
    [dict(t, **{{k: input_size for k in ('input_size', 'img_scale') if k in t}})
     for t in pipeline]
    for pipeline in (_base_.train_pipeline, _base_.val_pipeline))
train_dataloader = dict(batch_size=3, dataset=dict(
    num_images=6, cache=6, pipeline=train_pipeline))
val_dataloader = dict(batch_size=2, dataset=dict(
    num_images=2, cache=2, pipeline=val_pipeline))
test_dataloader = val_dataloader
default_hooks = dict(logger=dict(interval=1))
"""


@HOOKS.register_module()
class StopAtIteration(Hook):
    """Ends a training as if its process had been killed."""

    def __init__(self, iteration: int) -> None:
        self.iteration = iteration

    def after_train_iter(self, runner, *args, **kwargs) -> None:
        if runner.iter + 1 == self.iteration:
            raise TimeLimitReached


@pytest.fixture(scope='module')
def root(tmp_path_factory) -> Path:
    """A project with one suite of two rows, which are one training."""
    root = tmp_path_factory.mktemp('project')
    (root / 'base.py').write_text(CONFIG)
    return root


@pytest.fixture
def suite(root) -> Suite:
    rows = (Row('first', 'First', 12.3),
            Row('second', 'Second',
                overrides={'model.pruned_inference': False}))
    return Suite('small-suite', 'A small suite', rows, root,
                 dict(mini=root / 'base.py'))


def config(root: Path) -> Config:
    return Config.fromfile(root / 'base.py')


def weights(path: Path) -> dict[str, torch.Tensor]:
    return torch.load(path, weights_only=True)['state_dict']


# ----------------------------------------------------------- interruptions


@pytest.fixture(scope='module')
def unbroken(root, tmp_path_factory) -> Path:
    """The last checkpoint of a training that nothing disturbed."""
    return train(config(root), tmp_path_factory.mktemp('whole'), seed=1)


@pytest.mark.slow
def test_a_stopped_training_ends_as_an_unbroken_one(root, unbroken, tmp_path):
    """Killed in its second epoch, and while it wrote the checkpoint of it."""
    cfg = config(root)
    killed = config(root)
    killed.custom_hooks.append(dict(
        type='StopAtIteration', iteration=ITERS_PER_EPOCH + 1))
    assert train(killed, tmp_path, seed=1) is None
    first = tmp_path / 'epoch_1.pth'
    (tmp_path / 'epoch_2.pth').write_bytes(first.read_bytes()[:5000])
    assert last_good_checkpoint(tmp_path) == first

    last = train(cfg, tmp_path, seed=1)
    assert last.name == unbroken.name == f'epoch_{EPOCHS}.pth'
    wanted, found = weights(unbroken), weights(last)
    assert wanted.keys() == found.keys()
    for name, value in wanted.items():
        assert torch.equal(found[name], value), name


@pytest.mark.slow
def test_a_seed_changes_the_result(root, unbroken, tmp_path):
    other = weights(train(config(root), tmp_path, seed=2))
    assert any(not torch.equal(other[name], value)
               for name, value in weights(unbroken).items())


@pytest.mark.slow
def test_what_is_complete_is_not_trained_again(root, unbroken, monkeypatch):
    monkeypatch.setattr('mmengine.runner.Runner.from_cfg', None)
    assert train(config(root), unbroken.parent, seed=1) == unbroken


def test_no_checkpoint_yet(tmp_path):
    assert last_good_checkpoint(tmp_path) is None
    (tmp_path / 'epoch_1.pth').write_bytes(b'part of a file')
    assert last_good_checkpoint(tmp_path) is None


def test_one_process_at_a_time(tmp_path):
    with exclusive(tmp_path / 'run'), pytest.raises(Busy), \
            exclusive(tmp_path / 'run'):
        pass
    with exclusive(tmp_path / 'run'):
        pass


# ------------------------------------------------------------------ digest


def test_what_makes_two_trainings_one(root):
    cfg = config(root)
    digest = recipe_digest(cfg)
    same = config(root)
    same.model.pruned_inference = False
    same.model.test_cfg.flip_test = False
    same.train_dataloader.dataset.data_root = '/elsewhere'
    same.train_dataloader.num_workers = 7
    same.val_dataloader.batch_size = 1
    assert recipe_digest(same) == digest
    changes = (
        {'model.aux_level': False}, {'optim_wrapper.optimizer.lr': 1.0},
        {'train_cfg.max_epochs': 4}, {'train_dataloader.batch_size': 1},
        {'model.head.criterion.loss_oks.loss_weight': 2.0},
        {'train_dataloader.dataset.num_images': 5})
    digests = set()
    for change in changes:
        other = config(root)
        other.merge_from_dict(change)
        digests.add(recipe_digest(other))
    assert len(digests | {digest}) == len(changes) + 1


# ---------------------------------------------------------- running a suite


@pytest.mark.slow
def test_rows_that_are_one_training_are_trained_once(
        suite, tmp_path, monkeypatch):
    said = []
    runner = SuiteRunner(suite, 'mini', tmp_path, said.append)
    assert runner.run(suite.rows, [5])
    assert len(list(tmp_path.iterdir())) == 1
    assert [line.split(':')[0] for line in said] == [
        '[1/2] small-suite first, seed 5', '[2/2] small-suite second, seed 5']
    first, second = (
        json.loads(suite.result_path(row.name, 'mini', 5).read_text())
        for row in suite.rows)
    assert first['curves'] == second['curves']
    assert first['training_hours'] == second['training_hours'] >= 0
    assert first['seed'] == 5 and first['epochs'] == EPOCHS
    assert first['config'] == 'base.py' and not first['overrides']
    assert second['overrides'] == {'model.pruned_inference': False}
    assert first['commit'] == second['commit']
    assert set(first['metrics']) >= {
        'AP', 'AP .5', 'AP .75', 'AP (M)', 'AP (L)', 'AR', 'person OKS'}
    assert first['versions']['torch'] == torch.__version__
    assert [e for e, _ in first['curves']['losses']['loss_oks']] == [1, 2, 3]
    assert [e for e, _ in first['curves']['losses']['high.loss_oks']] == [2, 3]

    # All is there: nothing more is trained.
    monkeypatch.setattr(runs_module, 'train', None)
    assert SuiteRunner(suite, 'mini', tmp_path, said.append).run(
        suite.rows, [5])
    # Another recipe: the old results do not count.
    changed = SuiteRunner(suite, 'mini', tmp_path, said.append,
                          {'optim_wrapper.optimizer.lr': 1.0})
    cfg = changed.config(suite.rows[0])
    assert not changed.done(suite.rows[0], 5, recipe_digest(cfg))
    assert 'another recipe' in said[-1]


def test_no_time_left(suite, tmp_path):
    runner = SuiteRunner(suite, 'mini', tmp_path, lambda line: None)
    assert not runner.run(suite.rows, [6], minutes=0)
    assert not list(tmp_path.iterdir())


def test_a_row_that_fails_does_not_stop_the_others(
        suite, tmp_path, monkeypatch):
    said, tried = [], []

    def run_row(self, row, seed, minutes):
        tried.append(row.name)
        if row.name == 'first':
            raise InputError('loss_oks not finite')
        return 'AP 0.1'

    monkeypatch.setattr(SuiteRunner, 'run_row', run_row)
    runner = SuiteRunner(suite, 'mini', tmp_path, said.append)
    assert not runner.run(suite.rows, [0])
    assert tried == ['first', 'second']
    assert said[0].endswith('failed: loss_oks not finite')
    assert said[1].endswith('AP 0.1')


def test_a_result_that_cannot_be_read(suite, tmp_path):
    suite = suite._replace(root=tmp_path)
    path = suite.result_path('first', 'mini', 0)
    path.parent.mkdir(parents=True)
    path.write_text('{}')
    with pytest.raises(InputError, match='first-seed0.json: not the result'):
        SuiteRunner(suite, 'mini', tmp_path).done(suite.rows[0], 0, 'abc')


# ------------------------------------------------------------------ tables


def write(suite: Suite, row: str, seed: int, ap: float, **changes) -> Path:
    """Write the result of a run that never was."""
    path = suite.result_path(row, 'mini', seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dict(
        row=row, seed=seed, epochs=4, trained_on='a, 9 images',
        evaluated_on='b, 3 images, 64 px', flip_test=True, batch_size=2,
        training_hours=0.5, machine='a machine',
        metrics={'AP': ap, 'AP .5': 2 * ap, 'person OKS': 0.5}
        ) | changes))
    return path


@pytest.fixture
def measured(tmp_path, suite) -> Suite:
    """A suite with three runs of its first row and two of its second."""
    suite = suite._replace(root=tmp_path)
    for seed, ap in enumerate((0.10, 0.12, 0.20)):
        write(suite, 'first', seed, ap)
    write(suite, 'second', 0, 0.13)
    write(suite, 'second', 1, 0.17)
    return suite


def cells(table: str) -> list[list[str]]:
    rows = [line for line in table.splitlines() if line.startswith('|')][2:]
    return [[cell.strip() for cell in row.split('|')[1:-1]] for row in rows]


def test_mean_and_spread_over_the_seeds(measured):
    first, second = cells(suite_table(measured, 'mini'))
    assert first[:4] == [
        'First', '12.3 ᵖ',
        # 10, 12, 20: mean 14, deviation sqrt(28).
        '14.00 ± 5.29', '–']
    # Gains of seeds 0 and 1 are 3 and 5: the third has no partner.
    assert second[1:4] == ['–', '15.00 ± 2.83', '+4.00 ± 1.41']
    assert (first[6], second[6]) == ('–', '+0.00 ± 0.00')
    assert (first[7], second[7]) == ('3', '2')
    assert first[8] == ('`python -m projects.paper_tables run small-suite '
                        '--form full --rows first`')


def test_a_single_seed_has_no_spread(measured):
    measured.result_path('second', 'mini', 1).unlink()
    _, second = cells(suite_table(measured, 'mini'))
    assert second[2:4] == ['13.00', '+3.00']


def test_the_terms_are_told(measured):
    said = suite_table(measured, 'mini').splitlines()[0]
    assert 'b, 3 images, 64 px, flip test' in said
    assert '4 epochs of batches of 2, 2.5 h in all (a machine)' in said


def test_without_results(suite, tmp_path):
    suite = suite._replace(root=tmp_path)
    table = suite_table(suite, 'mini')
    assert table.startswith('Nothing has been run yet.')
    assert [row[2] for row in cells(table)] == ['–', '–']
    with pytest.raises(InputError, match='no results yet'):
        plot_suite(suite, 'mini', tmp_path / 'plot.png')


@pytest.mark.parametrize('key, value', [
    ('epochs', 5), ('trained_on', 'c'), ('flip_test', False)])
def test_runs_on_unequal_terms_stand_in_no_table(measured, key, value):
    write(measured, 'second', 1, 0.2, **{key: value})
    with pytest.raises(InputError, match='second-seed1.json and first-seed0'):
        suite_table(measured, 'mini')


@pytest.mark.parametrize('content', ['{', '{}', '[]', '{"row": "third"}'])
def test_a_file_that_is_no_result(measured, content):
    measured.result_path('first', 'mini', 0).write_text(content)
    with pytest.raises(InputError, match='first-seed0.json: not the result'):
        read_results(measured, 'mini')


def test_the_image(measured, tmp_path):
    path = plot_suite(measured, 'mini', tmp_path / 'plots' / 'plot.png')
    assert path.stat().st_size > 10_000


# ------------------------------------------------------ the project's own


def test_the_project_has_five_suites():
    assert list(read_suites()) == [
        'table3', 'table4', 'table5', 'table6', 'open-questions']


def test_a_row_changes_and_removes_keys_of_its_config():
    cfg = Config(dict(model=dict(type='A', loss=dict(w=1), twin=dict(x=2))))
    Row('row', 'Row', None, {'model.type': 'B', 'model.loss.w': 3,
                             'model.new': [4]}, ('model.twin', )).apply(cfg)
    assert cfg.to_dict() == dict(
        model=dict(type='B', loss=dict(w=3), new=[4]))


def test_rows_of_several_tables_are_one_training():
    suites = read_suites()

    def digest(suite: str, row: str) -> str:
        row, = suites[suite].select([row])
        return recipe_digest(suites[suite].config(row, 'mini'))

    sasd = digest('table3', 'sasd')
    assert sasd == digest('table6', 'sasd_unpruned')
    assert sasd == digest('open-questions', 'default')
    assert sasd != digest('table3', 'direct_distillation')


def test_unknown_rows():
    with pytest.raises(InputError, match='oks: no row of table3'):
        read_suites()['table3'].select(['oks'])
