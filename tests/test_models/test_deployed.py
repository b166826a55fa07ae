"""Pruned inference: the same outputs, and nothing left of training."""
from __future__ import annotations

import pytest
import torch
from mmpose.models.pose_estimators import BottomupPoseEstimator
from small_nets import build, model_cfg

from sasd_mmpose import InputError
from sasd_mmpose.engine.checkpoints import check_state_dict
from sasd_mmpose.models import deployed_cfg, prune_state_dict

SIZE = 64
TRAINING_WORDS = ('aux', 'twin', 'criterion', 'loss', 'distill')


@pytest.mark.parametrize('name, changes', [
    ('sasd_xs_coco_mini', dict()),
    ('sasd_xs_coco_mini', dict(weight_sharing=False)),
    ('sasd_xs_coco_mini', dict(type='DirectDistiller')),
    ('sasd_e_coco', dict()),
])
def test_pruned_and_unpruned_maps_are_equal_bit_by_bit(name, changes):
    trained = build(model_cfg(name, **changes)).eval()
    weights = prune_state_dict(trained.state_dict())
    assert not [n for n in weights if n.startswith(('aux', 'twin'))]
    pruned = build(deployed_cfg(model_cfg(name, **changes))).eval()
    assert type(pruned) is BottomupPoseEstimator
    for module_name, _ in pruned.named_modules():
        assert not any(word in module_name for word in TRAINING_WORDS)
    assert pruned.head.criterion is None
    pruned.load_state_dict(weights, strict=True)
    assert set(weights) == set(pruned.state_dict())

    inputs = torch.rand(1, 3, 2 * SIZE, SIZE)
    with torch.no_grad():
        maps = pruned(inputs, None, mode='tensor')
        if changes.get('type') == 'DirectDistiller' or (
                'weight_sharing' in changes):
            wanted = trained(inputs, None, mode='tensor')
        else:
            *wanted, _ = trained.unpruned_maps(inputs)
    assert len(maps) == len(wanted) == len(pruned.head.strides)
    for raw, other in zip(maps, wanted, strict=True):
        assert torch.equal(raw, other)


def test_deployed_config_leaves_the_training_config_alone():
    cfg = model_cfg()
    deployed_cfg(cfg)
    assert cfg.type == 'SASDDistiller' and 'criterion' in cfg.head


def test_checkpoints_of_this_model_are_accepted():
    model = build(model_cfg())
    whole = model.state_dict()
    pruned = build(deployed_cfg(model_cfg()))
    check_state_dict(model, whole, 'a.pth', {})
    check_state_dict(model, prune_state_dict(whole), 'a.pth', {})
    check_state_dict(pruned, whole, 'a.pth', {})
    check_state_dict(pruned, prune_state_dict(whole), 'a.pth', {})


def test_a_checkpoint_of_another_model_is_named():
    model = build(model_cfg())
    weights = build(model_cfg('sasd_e_coco')).state_dict()
    with pytest.raises(InputError) as error:
        check_state_dict(
            model, weights, 'e.pth',
            dict(experiment_name='sasd_e_coco_20240102_030405'))
    message = str(error.value)
    assert message.startswith('e.pth: not a checkpoint of this model')
    assert 'backbone.layers.3' in message and '\n' not in message
    assert message.endswith('(its run was called sasd_e_coco)')


def test_only_the_last_convolutions_may_differ():
    model = build(model_cfg())
    weights = build(model_cfg('sasd_xs_crowdpose')).state_dict()
    with pytest.raises(InputError, match=r'head\.levels\.0\.out\.bias'):
        check_state_dict(model, weights, 'crowd.pth', {})
    check_state_dict(model, weights, 'crowd.pth', {}, head_may_differ=True)
    del weights['head.levels.0.conv.conv.weight']
    with pytest.raises(InputError, match=r'1 weights.*conv\.conv\.weight'):
        check_state_dict(model, weights, 'crowd.pth', {},
                         head_may_differ=True)
