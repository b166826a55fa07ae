"""Several processes train as one with the whole batch."""
from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from mmengine.model import MMDistributedDataParallel
from small_nets import build, model_cfg, people

SIZE = 64
# Unevenly spread: the second process sees nobody in one of its images.
PERSONS = (4, 1, 0, 1)
PROCESSES = 2


def make_model() -> torch.nn.Module:
    """Build the model with its batch norms fixed.

    Their statistics are those of the process; synchronised ones, which a
    training on several GPUs uses, need a GPU.
    """
    return build(model_cfg()).eval()


def make_batch() -> tuple:
    inputs = torch.rand(
        len(PERSONS), 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    return inputs, people(PERSONS, (SIZE, SIZE))


def gradients(model) -> dict[str, torch.Tensor]:
    return {name: param.grad for name, param in model.named_parameters()}


def work(rank: int, folder: str) -> None:
    """Run one process on its share of the batch and save what it found."""
    torch.set_num_threads(1)
    dist.init_process_group(
        'gloo', init_method=f'file://{folder}/rendezvous', rank=rank,
        world_size=PROCESSES)
    model = MMDistributedDataParallel(
        make_model(), find_unused_parameters=True, broadcast_buffers=False)
    inputs, samples = make_batch()
    share = len(PERSONS) // PROCESSES
    mine = slice(rank * share, (rank + 1) * share)
    losses = model(inputs[mine], samples[mine], mode='loss')
    sum(losses.values()).backward()
    torch.save(
        dict(losses={name: loss.detach() for name, loss in losses.items()},
             gradients=gradients(model.module)),
        Path(folder) / f'{rank}.pth')
    dist.destroy_process_group()


@pytest.mark.slow
def test_two_processes_give_the_gradients_of_one(tmp_path):
    mp.spawn(work, (str(tmp_path), ), nprocs=PROCESSES)
    parts = [torch.load(tmp_path / f'{rank}.pth', weights_only=True)
             for rank in range(PROCESSES)]
    model = make_model()
    losses = model(*make_batch(), mode='loss')
    sum(losses.values()).backward()
    assert len(losses) == 13
    for name, loss in losses.items():
        shares = [part['losses'][name] for part in parts]
        torch.testing.assert_close(
            sum(shares) / PROCESSES, loss, rtol=1e-5, atol=1e-6, msg=name)
        assert shares[0] != shares[1]
    for name, gradient in gradients(model).items():
        for part in parts:
            torch.testing.assert_close(
                part['gradients'][name], gradient, rtol=1e-3,
                atol=1e-5 * float(gradient.abs().max()), msg=name)
