"""The largest batch of a training step that fits into memory."""
from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS

from ..errors import InputError

# The rest is for the optimizer, other batches with more people, and the loaders.
GPU_SHARE = 0.9
CPU_SHARE = 0.7
# Batches whose memory is measured on a CPU; that of others follows from these.
MEASURED = (1, 4)


def fitting_batch(cfg: Config) -> tuple[int, int]:
    """Find the largest part of the config's batch that fits.

    A step takes as many images as the config says all the same: what does not
    fit at once is accumulated, so that the recipe stays what it is.

    Args:
        cfg (Config): With the batch as ``train_dataloader.batch_size``.

    Returns:
        tuple[int, int]: Images at once, and how often to accumulate.

    Raises:
        InputError: Not even one image fits.
    """
    wanted = cfg.train_dataloader.batch_size
    step = TrialStep(cfg)
    try:
        fits = gpu_fits(step) if step.device.type == 'cuda' else cpu_fits(step)
        batch = largest_part(wanted, fits)
    finally:
        step.release()
    return batch, wanted // batch * cfg.optim_wrapper.get('accumulative_counts', 1)


def largest_part(wanted: int, fits: Callable[[int], bool]) -> int:
    """Return the largest divisor that fits.

    Args:
        wanted (int): The batch to divide.
        fits (Callable[[int], bool]): Says whether so many images fit.

    Raises:
        InputError: None does.
    """
    for batch in range(wanted, 0, -1):
        if wanted % batch == 0 and fits(batch):
            return batch
    raise InputError('--auto-batch: not even one image fits into memory; take a '
                     'smaller input size or net, or end other programs')


class TrialStep:
    """Forward and backward pass of a config on its own images.

    Both twins take part, as they do in the later stage of a training.

    Args:
        cfg (Config): The config.
    """

    def __init__(self, cfg: Config) -> None:
        init_default_scope(cfg.get('default_scope', 'mmpose'))
        self.device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
        self.model = MODELS.build(cfg.model).to(self.device).train()
        if hasattr(self.model, 'distilling'):
            self.model.distilling = True
        self.amp = cfg.optim_wrapper.get('type') == 'AmpOptimWrapper'
        self.dataset = DATASETS.build(cfg.train_dataloader.dataset)

    def __call__(self, batch: int) -> None:
        """Run a step on so many images."""
        images = [self.dataset[i % len(self.dataset)] for i in range(batch)]
        data = self.model.data_preprocessor(pseudo_collate(images), training=True)
        with torch.autocast(self.device.type, enabled=self.amp):
            losses = self.model(**data, mode='loss')
        total, _ = self.model.parse_losses(losses)
        total.backward()

    def release(self) -> None:
        """Give the memory back."""
        del self.model, self.dataset
        gc.collect()
        if self.device.type == 'cuda':
            torch.cuda.empty_cache()


def gpu_fits(step: TrialStep) -> Callable[[int], bool]:
    """Return what tries a batch on the GPU."""
    def fits(batch: int) -> bool:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        try:
            step(batch)
        except torch.cuda.OutOfMemoryError:
            return False
        free, total = torch.cuda.mem_get_info()
        others = total - free - torch.cuda.memory_reserved()
        return torch.cuda.max_memory_reserved() + others <= GPU_SHARE * total

    return fits


def cpu_fits(step: Callable[[int], None]) -> Callable[[int], bool]:
    """Return what estimates from two small batches whether others fit."""
    room = CPU_SHARE * (available_memory() + held_memory())
    few, more = (peak_of(step, batch) for batch in MEASURED)
    each = max(more - few, 0) / (MEASURED[1] - MEASURED[0])
    return lambda batch: few + each * (batch - MEASURED[0]) <= room


def peak_of(step: Callable[[int], None], batch: int) -> int:
    """Return the bytes that the process holds at the height of a step."""
    # Linux starts the peak anew where 5 is written.
    Path('/proc/self/clear_refs').write_text('5')
    step(batch)
    return 1024 * _kilobytes('/proc/self/status', 'VmHWM')


def held_memory() -> int:
    """Return the bytes that the process holds."""
    return 1024 * _kilobytes('/proc/self/status', 'VmRSS')


def available_memory() -> int:
    """Return the bytes that this process can take beside what it holds.

    Raises:
        InputError: The system does not say; only Linux does.
    """
    if not sys.platform.startswith('linux'):
        raise InputError('--auto-batch: on a CPU only under Linux; set '
                         'train_dataloader.batch_size yourself')
    free = 1024 * _kilobytes('/proc/meminfo', 'MemAvailable')
    group = Path('/sys/fs/cgroup')
    try:
        limit = int((group / 'memory.max').read_text())
        used = int((group / 'memory.current').read_text())
    except (OSError, ValueError):  # no such group, or "max"
        return free
    return min(free, max(limit - used, 0))


def _kilobytes(path: str, name: str) -> int:
    """Read a number of kilobytes from one of Linux's lists."""
    for line in Path(path).read_text().splitlines():
        if line.startswith(f'{name}:'):
            return int(line.split()[1])
    raise InputError(f'--auto-batch: {path} does not say {name}; set '
                     'train_dataloader.batch_size yourself')
