"""Every config builds, trains a step and deploys, and has the right size."""
from __future__ import annotations

import ast
import itertools
import logging
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import ConcatDataset, pseudo_collate
from mmengine.optim import build_optim_wrapper
from mmengine.registry import (
    DATASETS,
    HOOKS,
    PARAM_SCHEDULERS,
    DefaultScope,
    init_default_scope,
)
from mmpose.registry import MODELS
from small_nets import CONFIGS, model_cfg

from sasd_mmpose.models import deployed_cfg
from sasd_mmpose.models.complexity import model_complexity

NAMES = sorted(
    str(path.relative_to(CONFIGS).with_suffix(''))
    for path in CONFIGS.rglob('*.py')
    # Those of the paper's tables are tested in projects/paper_tables.
    if not {'_base_', 'ablations', 'deploy'}.intersection(path.parts))
# Name, size, parameters in millions and their tolerance, MACs in 10^9 and
# their tolerance: what the paper prints, or follows from it.
SIZES = [
    ('sasd_xs_coco', 512, 1.600, 1.151, 0.015),
    ('sasd_e_coco', 1024, 2.375, 4.968, 0.015),
    ('sasd_xs_crowdpose', 512, 1.595, 1.14, 0.015),
    ('sasd_s_coco', 640, 6.5, 10.09, 0.02),
    ('sasd_m_coco', 640, 17.6, 27.4, 0.02),
    ('sasd_l_coco', 640, 38.8, 61.7, 0.02),
]


def bases(path: Path) -> list[Path]:
    """List the configs that a config starts from."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == '_base_':
            found = ast.literal_eval(node.value)
            return [(path.parent / name).resolve()
                    for name in ([found] if isinstance(found, str) else found)]
    return []


def levels(path: Path) -> int:
    """Count the configs above the folders ``_base_``, this one included."""
    if '_base_' in path.parts:
        return 0
    return 1 + max(map(levels, bases(path)), default=0)


@pytest.fixture(autouse=True)
def quiet():
    """Initialising weights logs a line for each of them."""
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)


def shrunk(transform: dict, size: int) -> dict:
    """Set the input size of a transform and of those inside it."""
    changed = {}
    for key, value in transform.items():
        if key in ('img_scale', 'input_size'):
            changed[key] = (size, size)
        elif key in ('transforms', 'pre_transform'):
            changed[key] = [shrunk(inner, size) for inner in value]
        else:
            changed[key] = value
    return changed


def pipelines(dataset: dict) -> list[list[dict]]:
    """The pipeline of a data set, or of each of several."""
    return [part.pipeline for part in dataset.get('datasets', [dataset])]


def small_data(cfg: Config, split: str, size: int) -> torch.utils.data.Dataset:
    """Drawn images in the config's pipeline at a small input size."""
    parts = [
        DATASETS.build(dict(
            type='SyntheticPeople', num_images=4, image_size=(size, size),
            person_height=(0.5, 0.9), metainfo=cfg.model.head.metainfo,
            test_mode=split != 'train',
            pipeline=[shrunk(transform, size) for transform in pipeline]))
        for pipeline in pipelines(cfg[f'{split}_dataloader'].dataset)
    ]
    return parts[0] if len(parts) == 1 else ConcatDataset(parts)


def check_recipe(cfg: Config, model: torch.nn.Module) -> None:
    """Build optimizer, schedules and hooks as the runner does."""
    optimizer = build_optim_wrapper(model, cfg.optim_wrapper)
    trained = {id(param) for param in model.parameters()}
    groups = optimizer.optimizer.param_groups
    assert {id(p) for group in groups for p in group['params']} == trained
    # The one that goes by the clock has a hook instead.
    for scheduler in cfg.param_scheduler or ():
        PARAM_SCHEDULERS.build(scheduler, default_args=dict(
            optimizer=optimizer, epoch_length=10))
    for hook in cfg.custom_hooks:
        HOOKS.build(hook)


def test_no_config_stands_more_than_two_levels_over_base():
    root = CONFIGS.parent
    paths = [*CONFIGS.rglob('*.py'), *root.glob('projects/*/configs/**/*.py')]
    # What is no config has no base and counts as one level.
    found = {path: levels(path) for path in paths}
    assert {1, 2} <= set(found.values())
    assert not [str(path) for path, count in found.items() if count > 2]


@pytest.mark.parametrize('name', NAMES)
def test_config_trains_and_predicts_at_small_size(name, monkeypatch):
    monkeypatch.chdir(CONFIGS.parent)
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    init_default_scope(cfg.default_scope)
    size = 2 * max(cfg.model.head.strides)
    # The files that a config starts from are no part of the project.
    cfg.model.backbone.pop('init_cfg', None)
    model = MODELS.build(cfg.model)
    model.init_weights()
    check_recipe(cfg, model)

    data = small_data(cfg, 'train', size)
    batch = model.data_preprocessor(
        pseudo_collate([data[0], data[len(data) - 1]]), training=True)
    assert batch['inputs'].shape == (2, 3, size, size)
    assert batch['inputs'].max() <= 1
    losses = model(**batch, mode='loss')
    sum(losses.values()).backward()
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert all(torch.isfinite(param.grad).all()
               for param in model.parameters() if param.grad is not None)

    data = small_data(cfg, 'val', size)
    batch = model.data_preprocessor(pseudo_collate([data[0]]), training=False)
    with torch.no_grad():
        sample, = model.eval()(**batch, mode='predict')
    number = model.head.num_keypoints
    assert sample.pred_instances.keypoints.shape[1:] == (number, 2)
    assert data.metainfo['num_keypoints'] == number
    # Without the data set's own name for it, the metric could not evaluate.
    assert {'id', 'img_id', 'raw_ann_info'} <= set(sample.metainfo)

    # What is deployed has the same keypoints and no criterion.
    head = MODELS.build(deployed_cfg(cfg.model).head)
    assert head.num_keypoints == number and head.criterion is None


@pytest.mark.parametrize('name, size, params, macs, tolerance', SIZES)
def test_size_is_that_of_the_paper(name, size, params, macs, tolerance):
    """Counted at a small size: convolutions grow exactly with the area."""
    small = 2 * max(model_cfg(name).head.strides)
    info = model_complexity(model_cfg(name), small)
    assert info.params / 1e6 == pytest.approx(params, rel=0.015)
    scaled = info.macs * (size / small)**2 / 1e9
    assert scaled == pytest.approx(macs, rel=tolerance)


def test_every_variant_has_its_size_checked():
    assert {name for name, *_ in SIZES} == {
        name for name in NAMES if name.count('/') == 0
        and name.endswith(('_coco', '_crowdpose'))}


@pytest.mark.parametrize('name', NAMES)
def test_largest_stride_is_that_of_the_pipeline(name):
    """An input that no level divides fails when the pipeline is built."""
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    largest = max(cfg.model.head.strides)
    assert all(side % largest == 0 for side in cfg.input_size)
    for loader in cfg.train_dataloader, cfg.val_dataloader:
        for transform in itertools.chain(*pipelines(loader.dataset)):
            if transform.type in ('PoseMosaicAffine', 'PoseResize'):
                assert transform.get('size_factor', 32) == largest


def test_configs_do_not_depend_on_the_current_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert Path.cwd() != CONFIGS.parent
    cfg = Config.fromfile(CONFIGS / 'sasd_xs_coco.py')
    with DefaultScope.overwrite_default_scope('mmpose'):
        assert MODELS.build(cfg.model.head).num_keypoints == 17
