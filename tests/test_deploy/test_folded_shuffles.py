"""Shuffles folded into weights: the same maps, and channels that runtimes pack."""
import copy

import pytest
import torch
import torch.nn as nn
from mmpose.models.backbones.utils import channel_shuffle

from sasd_mmpose.deploy.folded_shuffles import (
    CHANNEL_STEP,
    FoldedStage,
    fold_shuffles,
    wanted_channels,
)
from sasd_mmpose.models.backbones.pose_shufflenet_v2 import PoseShuffleNetV2
from sasd_mmpose.models.necks.uniform_pafpn import UniformPAFPN


class Net(nn.Module):
    def __init__(self, widen_factor: float, num_extra_stages: int, **cfg) -> None:
        super().__init__()
        self.backbone = PoseShuffleNetV2(widen_factor, num_extra_stages, **cfg)
        widths = [stage[0].branch2[-1].conv.out_channels * 2
                  for stage in self.backbone.layers]
        self.neck = UniformPAFPN(widths, 24)

    def forward(self, x):
        return self.neck(self.backbone(x))


def seasoned(model: nn.Module) -> nn.Module:
    """Batch norms that change something, as after training."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.eval()


@pytest.mark.parametrize('widen_factor, num_extra_stages, act', [
    (0.5, 0, 'ReLU'), (1.0, 1, 'LeakyReLU'), (1.5, 0, 'SiLU')])
@torch.no_grad()
def test_the_maps_stay(widen_factor, num_extra_stages, act):
    torch.manual_seed(0)
    net = seasoned(Net(widen_factor, num_extra_stages, act_cfg=dict(type=act))).double()
    images = torch.rand(2, 3, 128, 192, dtype=torch.double)
    wanted = net(images)
    fold_shuffles(net)
    assert all(isinstance(stage, FoldedStage) for stage in net.backbone.layers)
    for found, level in zip(net(images), wanted, strict=True):
        torch.testing.assert_close(found, level, rtol=1e-9, atol=1e-9)


@torch.no_grad()
def test_every_convolution_of_a_stage_has_whole_groups():
    net = seasoned(Net(1.0, 0))
    fold_shuffles(net)
    for stage in net.backbone.layers:
        for branch in stage.branches:
            for module in branch:
                assert module.conv.out_channels % CHANNEL_STEP == 0
        assert all(size % CHANNEL_STEP == 0 for sizes in stage.sizes for size in sizes)


@torch.no_grad()
def test_no_shuffle_is_exported():
    net = seasoned(Net(0.5, 0))
    fold_shuffles(net)
    graph = torch.jit.trace(net, torch.rand(1, 3, 64, 64)).inlined_graph
    kinds = {node.kind() for node in graph.nodes()}
    assert not kinds & {'aten::transpose', 'aten::permute', 'aten::batch_norm'}


def test_channels_are_followed_as_mmpose_shuffles_them():
    """Numbers in place of maps go through MMPose's own shuffle."""
    channels, num_branches = 6, 4
    numbers = torch.arange(channels * num_branches).view(num_branches, channels)

    def shuffled(*halves):
        return channel_shuffle(torch.cat(halves)[None, :, None, None], 2).flatten()

    state = shuffled(numbers[0], numbers[1])
    wanted = wanted_channels(channels, num_branches)
    for branch in (2, 3):
        kept, read = state.chunk(2)
        assert [b * channels + i for b, i in wanted[branch]] == read.tolist()
        state = shuffled(kept, numbers[branch])
    assert [b * channels + i for b, i in wanted[num_branches]] == state.tolist()


def test_other_nets_stay_as_they_are():
    net = seasoned(Net(0.5, 0))
    net.neck = nn.Identity()
    before = copy.deepcopy(net.state_dict())
    fold_shuffles(net)
    assert net.state_dict().keys() == before.keys()
