"""Hooks that switch the stage, and that stop at what is wrong."""
from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmpose.structures import PoseDataSample
from small_nets import build, model_cfg, training_cfg
from torch.utils.data import Dataset

from sasd_mmpose import InputError
from sasd_mmpose.engine.hooks import ChannelsLastHook, SASDStageHook
from sasd_mmpose.models import deployed_cfg, prune_state_dict

# ------------------------------------------------------------------- stages


@pytest.mark.parametrize('wrapped', [False, True])
def test_the_stage_follows_from_the_epoch(wrapped):
    logger = MMLogger.get_instance('test_stages')
    model = torch.nn.Module()
    model.distilling = True
    outer = model
    if wrapped:
        outer = torch.nn.DataParallel(model)
        outer.module = model
    runner = SimpleNamespace(model=outer, epoch=0, logger=logger)
    hook = SASDStageHook(warmup_epochs=3)
    # In order, and jumping into the middle as a resumed training does.
    for epoch in (0, 1, 2, 3, 4, 1, 50):
        runner.epoch = epoch
        hook.before_train_epoch(runner)
        assert model.distilling == (epoch >= 3)


def test_a_net_without_a_twin_has_one_stage():
    runner = SimpleNamespace(model=torch.nn.Module(), epoch=9)
    SASDStageHook(warmup_epochs=3).before_train_epoch(runner)
    assert not hasattr(runner.model, 'distilling')


# ------------------------------------------------------------ channels last


def test_channels_last_changes_neither_shapes_nor_results():
    model = torch.nn.Conv2d(3, 4, 3)
    image = torch.rand(2, 3, 8, 8)
    before = model(image)
    ChannelsLastHook().before_train(SimpleNamespace(model=model))
    assert model.weight.is_contiguous(memory_format=torch.channels_last)
    assert model.weight.shape == (4, 3, 3, 3)
    after = model(image)
    assert after.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(after, before)


# -------------------------------------------------------------- finite loss


class Images(Dataset):
    """Six images, one of which cannot be learnt from the second epoch on."""

    def __init__(self, bad: int, mosaic: bool) -> None:
        self.bad = bad
        self.mosaic = mosaic
        self.read = 0

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> dict:
        self.read += 1
        sample = PoseDataSample(metainfo=dict(img_path=f'{index}.jpg'))
        if self.mosaic:
            sample.set_metainfo(dict(mosaic_img_paths=(
                f'{index}.jpg', f'part_of_{index}.jpg')))
        value = float('nan') if (
            index == self.bad and self.read > len(self)) else 1.0
        return dict(inputs=torch.tensor([value]), data_samples=sample)


class Scale(BaseModel):
    """Its loss is its inputs times its only weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, inputs, data_samples, mode):
        return dict(loss_a=(torch.cat(inputs) * self.weight).mean(),
                    loss_b=self.weight.sum())


def train_scale(work_dir, **kwargs):
    hooks = dict(checkpoint=dict(
        type='CheckpointHook', by_epoch=False, max_keep_ckpts=1,
        **kwargs.pop('checkpoint')))
    runner = Runner(
        model=Scale(), work_dir=str(work_dir),
        experiment_name=f'finite_{work_dir.name}',
        train_dataloader=dict(
            batch_size=2, num_workers=0, dataset=Images(**kwargs),
            sampler=dict(type='DefaultSampler', shuffle=False)),
        train_cfg=dict(by_epoch=True, max_epochs=3),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)),
        custom_hooks=[dict(type='FiniteLossHook')], default_hooks=hooks,
        default_scope='mmpose')
    runner.train()


def test_a_loss_that_is_not_finite_names_images_and_checkpoint(tmp_path):
    with pytest.raises(InputError) as error:
        train_scale(tmp_path, bad=2, mosaic=False,
                    checkpoint=dict(interval=1))
    message = str(error.value)
    # The second batch of the second epoch; the checkpoint before it.
    checkpoints = list(tmp_path.glob('*.pth'))
    assert [path.name for path in checkpoints] == ['iter_4.pth']
    assert f'the last good checkpoint is {checkpoints[0]}' in message
    assert 'in iteration 5 (epoch 2)' in message
    assert 'loss, loss_a not finite' in message and 'loss_b' not in message
    assert '(2.jpg, 3.jpg)' in message and '\n' not in message
    weights = torch.load(checkpoints[0], weights_only=True)['state_dict']
    assert torch.isfinite(weights['weight']).all()


def test_the_images_of_a_mosaic_are_named_and_no_checkpoint(tmp_path):
    with pytest.raises(InputError) as error:
        train_scale(tmp_path, bad=5, mosaic=True, checkpoint=dict(interval=9))
    message = str(error.value)
    assert '(4.jpg, part_of_4.jpg, 5.jpg, part_of_5.jpg)' in message
    assert 'no checkpoint had been written yet' in message
    assert not list(tmp_path.glob('*.pth'))


def test_finite_losses_pass(tmp_path):
    train_scale(tmp_path, bad=-1, mosaic=False, checkpoint=dict(interval=1))
    assert [path.name for path in tmp_path.glob('*.pth')] == ['iter_9.pth']


# --------------------------------------------------------- checkpoint guard


@pytest.fixture(scope='module')
def checkpoints(tmp_path_factory):
    """Checkpoints of the net itself and of others."""
    folder = tmp_path_factory.mktemp('checkpoints')
    own = build(model_cfg())
    states = dict(
        own=own.state_dict(),
        pruned=prune_state_dict(own.state_dict()),
        wrapped={f'module.{k}': v for k, v in own.state_dict().items()},
        other=build(model_cfg('sasd_e_coco')).state_dict(),
        crowdpose=build(model_cfg('sasd_xs_crowdpose')).state_dict())
    for name, state in states.items():
        torch.save(dict(meta=dict(), state_dict=state), folder / f'{name}.pth')
    return folder


def load(model, work_dir, **kwargs):
    """Load a checkpoint as testing does."""
    Runner(
        model=model, work_dir=str(work_dir),
        experiment_name=f'guard_{work_dir.name}',
        custom_hooks=[dict(type='CheckpointGuardHook')],
        default_scope='mmpose', **kwargs).load_or_resume()


@pytest.mark.parametrize('name', ['own', 'pruned', 'wrapped'])
@pytest.mark.parametrize('deployed', [True, False])
def test_own_checkpoints_are_loaded(checkpoints, tmp_path, name, deployed):
    torch.manual_seed(1)
    cfg = model_cfg()
    model = build(deployed_cfg(cfg) if deployed else cfg)
    for param in model.parameters():
        torch.nn.init.zeros_(param)
    load(model, tmp_path, load_from=str(checkpoints / f'{name}.pth'))
    assert model.head.levels[0].out.weight.abs().sum() > 0


@pytest.mark.parametrize('name, weight', [
    ('other', 'backbone.layers.3'), ('crowdpose', 'head.levels.0.out.bias')])
def test_other_checkpoints_are_refused(checkpoints, tmp_path, name, weight):
    path = str(checkpoints / f'{name}.pth')
    model = build(model_cfg())
    before = {k: v.clone() for k, v in model.state_dict().items()}
    with pytest.raises(InputError) as error:
        load(model, tmp_path, load_from=path)
    message = str(error.value)
    assert message.startswith(f'{path}: not a checkpoint of this model')
    assert weight in message and '\n' not in message
    assert all(torch.equal(before[k], v)
               for k, v in model.state_dict().items())


def train_from(work_dir, **kwargs):
    cfg = training_cfg(work_dir, num_images=2)
    cfg.update(kwargs)
    runner = Runner.from_cfg(cfg)
    runner.train()
    return runner


def test_fine_tuning_may_have_another_number_of_keypoints(
        checkpoints, tmp_path):
    path = str(checkpoints / 'crowdpose.pth')
    # At a learning rate of zero the weights show where they come from.
    runner = train_from(
        tmp_path, load_from=path, param_scheduler=None,
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.0)))
    loaded = torch.load(path, weights_only=True)['state_dict']
    weights = runner.model.state_dict()
    for name, value in loaded.items():
        if '.out.' in name:
            assert weights[name].shape != value.shape
        elif 'running' not in name and 'tracked' not in name:
            assert torch.equal(weights[name], value), name


@pytest.mark.parametrize('name, resume', [('other', False),
                                          ('crowdpose', True)])
def test_training_from_another_net_is_refused(
        checkpoints, tmp_path, name, resume):
    path = str(checkpoints / f'{name}.pth')
    with pytest.raises(InputError, match=f'{name}.pth: not a checkpoint of'):
        train_from(tmp_path, load_from=path, resume=resume)


def test_resuming_by_itself_names_the_checkpoint(checkpoints, tmp_path):
    """``resume=True`` alone takes the last checkpoint of the work folder."""
    (tmp_path / 'last_checkpoint').write_text(str(checkpoints / 'other.pth'))
    with pytest.raises(InputError, match='other.pth: not a checkpoint of'):
        load(build(model_cfg()), tmp_path, resume=True)
