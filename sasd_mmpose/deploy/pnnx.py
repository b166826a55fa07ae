"""From ONNX to ncnn, by pnnx.

ncnn's own tools and MMDeploy's ``mmdeploy_onnx2ncnn`` are no longer built by
anyone; ncnn's authors name pnnx as their successor.
"""
from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from ..errors import InputError

LAST_LINES = 3
_COLOR = re.compile('\x1b\\[[0-9;]*m')


def find_pnnx() -> str | None:
    """Return the path of pnnx: on ``PATH``, or in its package."""
    found = shutil.which('pnnx')
    spec = find_spec('pnnx')
    if found is None and spec is not None:
        # The environment's own programs are not on the path of each caller.
        found = shutil.which('pnnx', path=str(Path(spec.origin).parent))
    return found


def require_pnnx() -> str:
    """Return the path of pnnx.

    Raises:
        InputError: There is none.
    """
    found = find_pnnx()
    if found is None:
        raise InputError('pnnx: not found, and without it nothing converts to '
                         'ncnn; pip install pnnx')
    return found


def convert(onnx_file: Path, param_file: Path, bin_file: Path,
            fp16: bool = False) -> None:
    """Convert a net; inputs are called in0, ..., outputs out0, ...

    Args:
        onnx_file (Path): The net in ONNX.
        param_file (Path): ncnn's graph, to be written.
        bin_file (Path): Its weights, to be written.
        fp16 (bool): Whether to write the weights in 16 bits.

    Raises:
        InputError: There is no pnnx, or it fails; its last lines are shown.
    """
    pnnx = require_pnnx()
    # It writes a dozen files beside its input.
    with tempfile.TemporaryDirectory() as scratch:
        source = shutil.copy(onnx_file, scratch)
        made = Path(scratch, onnx_file.stem + '.ncnn')
        files = [made.with_suffix('.ncnn.param'), made.with_suffix('.ncnn.bin')]
        done = subprocess.run(
            [pnnx, source, f'fp16={int(fp16)}', f'ncnnparam={files[0]}',
             f'ncnnbin={files[1]}'], cwd=scratch, text=True, errors='replace',
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0 or not all(file.is_file() for file in files):
            lines = _COLOR.sub('', done.stdout).strip().split('\n')
            said = ' | '.join(line.strip() for line in lines[-LAST_LINES:])
            raise InputError(
                f'{onnx_file}: pnnx failed with status {done.returncode}: {said}')
        for file, target in zip(files, (param_file, bin_file)):
            shutil.move(file, target)
