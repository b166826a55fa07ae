"""Nets of others that are files: where they are, and how they are opened."""
from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sasd_mmpose.errors import InputError
from sasd_mmpose.inference.model_description import (
    InputSpec,
    ModelDescription,
    OutputSpec,
)
from sasd_mmpose.inference.runtimes.nets import Net, open_net

from ..runtimes import MADE_FOR

SETTING = 'SASD_PEERS'


def peers_folder() -> Path:
    """Find the folder with nets of others.

    Returns:
        Path: What the environment variable ``SASD_PEERS`` names, else ``peers``
        under ``SASD_DATA_ROOT``.

    Raises:
        InputError: There is none.
    """
    folder = Path(os.environ.get(SETTING) or Path(
        os.environ.get('SASD_DATA_ROOT') or 'data', 'peers'))
    if not folder.is_dir():
        raise InputError(f'{folder}: no such folder; set {SETTING} to the one with '
                         'the nets of others (projects/benchmark/README.md)')
    return folder


def open_peer(files: Sequence[Path], spec: InputSpec, outputs: Sequence[str],
              runtime: str, threads: int, precision: str = 'fp32') -> Net:
    """Open a net that was not exported here.

    Args:
        files (Sequence[Path]): Its files, as the runtime takes them, of one
            folder.
        spec (InputSpec): Its input.
        outputs (Sequence[str]): Names of its outputs.
        runtime (str): A key of ``MADE_FOR``.
        threads (int): Threads to compute with.
        precision (str): ``'fp16'`` lets ncnn keep numbers in 16 bits.

    Raises:
        InputError: A file is missing, or the runtime cannot load it.
    """
    for file in files:
        if not file.is_file():
            raise InputError(f'{file}: no such file; put it there, or set '
                             f'{SETTING} to the folder that has it')
    description = ModelDescription(
        name=files[0].stem, backend=MADE_FOR[runtime], precision=precision,
        files=[file.name for file in files], input=spec,
        outputs=[OutputSpec(name, 1, ()) for name in outputs],
        keypoints=[], skeleton=[])
    return open_net(files[0].parent, description, runtime, threads)
