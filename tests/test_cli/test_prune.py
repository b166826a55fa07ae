"""The command that writes deployed weights."""
from __future__ import annotations

import pytest
import torch
from small_nets import build, model_cfg
from tool_loader import sasd

from sasd_mmpose import InputError
from sasd_mmpose.models import deployed_cfg


def test_prune(tmp_path, capsys):
    model = build(model_cfg(weight_sharing=False))
    torch.save(dict(state_dict=model.state_dict(), meta=dict(epoch=3)),
               tmp_path / 'epoch_3.pth')
    sasd('prune', tmp_path / 'epoch_3.pth', tmp_path / 'pruned.pth')
    said = capsys.readouterr().out
    assert 'pruned.pth' in said and 'MiB' in said
    pruned = torch.load(tmp_path / 'pruned.pth', weights_only=True)
    deployed = build(deployed_cfg(model_cfg()))
    deployed.load_state_dict(pruned['state_dict'])
    assert pruned['meta'] == dict(epoch=3)

    sasd('prune', tmp_path / 'epoch_3.pth', tmp_path / 'half.pth', '--fp16')
    sizes = [(tmp_path / name).stat().st_size
             for name in ('epoch_3.pth', 'pruned.pth', 'half.pth')]
    assert sizes[0] > 1.9 * sizes[1] > 1.9 * 1.8 * sizes[2]


def test_not_a_checkpoint(tmp_path):
    (tmp_path / 'a.pth').write_text('hello')
    with pytest.raises(InputError, match='a.pth: not a checkpoint'):
        sasd('prune', tmp_path / 'a.pth', tmp_path / 'b.pth')
    assert not (tmp_path / 'b.pth').exists()
