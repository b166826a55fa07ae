"""Where a net spends its time in ncnn, layer by layer.

The wheels of ncnn are built without its own profiler. Extracting one blob
after the other, in the order of the file, computes one layer at a time.
"""
from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sasd_mmpose.inference.model_description import MODEL_FILES

from .candidate import Candidate
from .catalogue import Entry
from .images import LabelledImage
from .report import Settings
from .runtimes import make_ready

REPEATS = 20
# How ncnn is asked for a blob: as it is, without converting it for us.
AS_IT_IS = 1
TOP = 12


class Layer(NamedTuple):
    """A layer of a param file.

    Attributes:
        kind (str): Its type.
        name (str): Its name.
        outputs (tuple[str, ...]): Its blobs.
        note (str): Kernel, stride and channels of a convolution.
    """
    kind: str
    name: str
    outputs: tuple[str, ...]
    note: str


def read_layers(param: Path) -> list[Layer]:
    """Read the layers of an ncnn param file, in its order."""
    layers = []
    for line in param.read_text().splitlines()[2:]:
        kind, name, num_inputs, num_outputs, *rest = line.split()
        first = int(num_inputs)
        last = first + int(num_outputs)
        values = dict(item.split('=') for item in rest[last:])
        note = ''
        if kind.startswith('Convolution') or kind.startswith('Deconvolution'):
            side, stride = values.get('1', '1'), values.get('3', '1')
            note = f'{side}x{side}, stride {stride}, to {values["0"]}'
        layers.append(Layer(kind, name, tuple(rest[first:last]), note))
    return layers


def layer_times(folder: Path, blob: np.ndarray,
                threads: int) -> list[tuple[Layer, float]]:
    """Time every layer of a net.

    Args:
        folder (Path): The model folder.
        blob (np.ndarray): Network input, shape (1, 3, H, W).
        threads (int): Threads to compute with.

    Returns:
        list: Each layer with the least of its milliseconds, which is nearest
        to what it takes on a machine that does nothing else.
    """
    import ncnn
    # All blobs of a run live at once. From the system, so much memory would be
    # new in each run, and the first layers would pay for it.
    allocator = ncnn.PoolAllocator()
    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.blob_allocator = allocator
    # Blobs stay, so that each is computed from those before it.
    net.opt.lightmode = False
    net.load_param(str(folder / MODEL_FILES['ncnn'][0]))
    net.load_model(str(folder / MODEL_FILES['ncnn'][1]))
    layers = read_layers(folder / MODEL_FILES['ncnn'][0])[1:]
    times = np.zeros((REPEATS, len(layers)))
    for repeat in range(REPEATS):
        extractor = net.create_extractor()
        extractor.input('in0', ncnn.Mat(blob[0]))
        for index, layer in enumerate(layers):
            start = time.perf_counter()
            extractor.extract(layer.outputs[0], AS_IT_IS)
            times[repeat, index] = 1e3 * (time.perf_counter() - start)
        # Before the allocator that it takes its memory from.
        del extractor
    del net
    return list(zip(layers, times.min(axis=0).tolist()))


def profile_candidate(entry: Entry, images: Sequence[LabelledImage],
                    settings: Settings) -> str:
    """Write down where a model spends its time in ncnn.

    Args:
        entry (Entry): The model.
        images (Sequence[LabelledImage]): The first of them is taken.
        settings (Settings): Threads and cache are taken.

    Returns:
        str: Sums by type of layer and the slowest layers.
    """
    candidate = Candidate(entry, settings.root, images[0].image)
    ready = make_ready(candidate, 'ncnn', settings.threads, settings.cache)
    blob, _ = candidate.stages.preprocess(images[0].image)
    times = layer_times(ready.folder, blob, settings.threads)
    total = sum(ms for _, ms in times)
    kinds = Counter()
    for layer, ms in times:
        kinds[layer.kind] += ms
    lines = [f'{entry.name}: {total:.2f} ms in {len(times)} layers']
    lines += [f'  {kind:24s} {ms:8.2f} ms {100 * ms / total:5.1f} %'
              for kind, ms in kinds.most_common()]
    lines.append(f'  the slowest {TOP}:')
    slowest = sorted(times, key=lambda pair: -pair[1])[:TOP]
    lines += [f'  {layer.name:24s} {ms:8.2f} ms  {layer.kind} {layer.note}'
              for layer, ms in slowest]
    return '\n'.join(lines)
