"""Train in several processes on the cores of one machine, without a GPU."""
from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from mmengine.config import Config


def available_cores() -> int:
    """Count the cores that this process may run on."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def distribute(config: Config) -> None:
    """Let a Runner train in the processes of :func:`run_in_processes`.

    MMEngine's own launchers and its own wrapper of the model take a GPU for
    granted, and so do torch's synchronised batch norms: each process has the
    statistics of its own batches, and those of the first are kept.

    Args:
        config (Config): Changed in place.
    """
    config.launcher = 'pytorch'
    config.sync_bn = None
    config.model_wrapper_cfg = dict(
        type='MMDistributedDataParallel',
        device_ids=None,
        broadcast_buffers=False,
        find_unused_parameters=config.get('find_unused_parameters', False))


def run_in_processes(function: Callable[..., None], processes: int,
                     *args: Any) -> None:
    """Call a function in several processes that belong together (gloo).

    A small net leaves most of a core idle if one process uses two.

    Args:
        function (Callable): Of a module that can be imported. It is called
            with the number of the process, then ``args``.
        processes (int): Their number. The cores are shared among them.
        *args: Anything that can be pickled.

    Raises:
        torch.multiprocessing.ProcessRaisedException: One of them failed; the
            others are ended.
    """
    threads = max(1, available_cores() // processes)
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder) / 'meeting').as_uri()
        context = mp.spawn(
            _run, (function, processes, threads, meeting, args),
            nprocs=processes, join=False)
        try:
            while not context.join():
                pass
        except BaseException:
            for process in context.processes:
                process.terminate()
            raise


def _run(rank: int, function: Callable[..., None], processes: int,
         threads: int, meeting: str, args: tuple) -> None:
    torch.set_num_threads(threads)
    os.environ['LOCAL_RANK'] = str(rank)  # MMEngine reads it
    dist.init_process_group(
        'gloo', init_method=meeting, rank=rank, world_size=processes)
    try:
        function(rank, *args)
    finally:
        dist.destroy_process_group()
