"""Bringing a candidate onto a runtime, and checking what it gives there."""
from __future__ import annotations

import hashlib
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from sasd_mmpose.deploy.folded_shuffles import fold_shuffles
from sasd_mmpose.deploy.pnnx import convert
from sasd_mmpose.inference.letterbox import Placement
from sasd_mmpose.inference.model_description import MODEL_FILES
from sasd_mmpose.inference.person import Person
from sasd_mmpose.inference.runtimes.nets import open_net

from .candidate import Candidate, RawMaps

TORCH = 'torch'
# What each runtime reads: a backend of a model folder.
MADE_FOR = dict(onnxruntime='onnxruntime', openvino='onnxruntime', ncnn='ncnn')
RUNTIMES = (TORCH, *MADE_FOR)
OPSET = 13
# A net that ncnn cannot run may end the process, which must not be this one.
PROBE = """
import sys, ncnn, numpy as np
param, model, width, height, *names = sys.argv[1:]
net = ncnn.Net()
if net.load_param(param) or net.load_model(model):
    sys.exit('ncnn cannot load the net')
extractor = net.create_extractor()
blob = np.zeros((3, int(height), int(width)), np.float32)
extractor.input('in0', ncnn.Mat(blob))
for name in names:
    if extractor.extract(name)[0]:
        sys.exit(f'ncnn cannot compute {name}')
"""
# Of what such a process says.
LAST_LINES = 3

Net = Callable[[np.ndarray], list[np.ndarray]]


class Ready(NamedTuple):
    """A candidate on a runtime.

    Attributes:
        net (Callable): From the network input (1, 3, H, W) to the raw maps.
        folder (Path | None): Its files, if it has any.
        file_bytes (int | None): Their size.
    """
    net: Net
    folder: Path | None
    file_bytes: int | None


class TorchNet:
    """PyTorch, as the model is.

    Args:
        net (RawMaps): The model.
    """

    def __init__(self, net: RawMaps) -> None:
        self.net = net

    @torch.inference_mode()
    def __call__(self, blob: np.ndarray) -> list[np.ndarray]:
        """Run the net; see :class:`sasd_mmpose.inference.runtimes.nets.Net`."""
        return [m[0].numpy() for m in self.net(torch.from_numpy(blob))]


def make_ready(candidate: Candidate, runtime: str, threads: int,
               cache: Path) -> Ready:
    """Bring a candidate onto a runtime.

    Args:
        candidate (Candidate): The candidate.
        runtime (str): One of ``RUNTIMES``.
        threads (int): Threads to compute with.
        cache (Path): Folder that keeps what was converted.

    Returns:
        Ready: The net.

    Raises:
        Exception: Of many kinds, where a runtime cannot take the net.
    """
    if runtime == TORCH:
        return Ready(TorchNet(candidate.net), None, None)
    made_for = MADE_FOR[runtime]
    folder = _converted(candidate, made_for, cache)
    if runtime == 'ncnn':
        _probe(candidate, folder)
    description = candidate.describe(made_for, MODEL_FILES[made_for])
    net = open_net(folder, description, runtime, threads)
    return Ready(net, folder, sum(
        (folder / name).stat().st_size for name in MODEL_FILES[made_for]))


def _converted(candidate: Candidate, made_for: str, cache: Path) -> Path:
    """Convert a candidate, unless the very same one was before."""
    folder = cache / f'{candidate.name}-{_digest(candidate)}'
    folder.mkdir(parents=True, exist_ok=True)
    onnx_file = folder / MODEL_FILES['onnxruntime'][0]
    if not onnx_file.is_file():
        to_onnx(candidate, onnx_file)
    files = [folder / name for name in MODEL_FILES['ncnn']]
    if made_for == 'ncnn' and not all(file.is_file() for file in files):
        convert(onnx_file, *files)
    return folder


def _digest(candidate: Candidate) -> str:
    """Name a net by its layers, weights and input size."""
    digest = hashlib.sha256(
        repr((candidate.entry.input_size, candidate.net)).encode())
    for value in candidate.net.state_dict().values():
        digest.update(value.contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]


def to_onnx(candidate: Candidate, target: Path) -> None:
    """Convert for ONNX Runtime and OpenVINO; ncnn's files are made of it."""
    partial = target.with_suffix('.partial')
    net = deepcopy(candidate.net)
    fold_shuffles(net.model)  # as `sasd export` does
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        torch.onnx.export(
            net, (candidate.example, ), str(partial),
            input_names=[candidate.input_spec.name],
            output_names=[f'out{i}' for i in range(len(candidate.shapes))],
            opset_version=OPSET, dynamo=False)
    partial.rename(target)


def _probe(candidate: Candidate, folder: Path) -> None:
    """Run a net once in a process of its own.

    Raises:
        RuntimeError: It does not run.
    """
    width, height = candidate.entry.input_size
    paths = [str(folder / name) for name in MODEL_FILES['ncnn']]
    names = [f'out{i}' for i in range(len(candidate.shapes))]
    done = subprocess.run(
        [sys.executable, '-c', PROBE, *paths, str(width), str(height), *names],
        capture_output=True, text=True, errors='replace')
    if done.returncode:
        said = (done.stdout + done.stderr).split('\n')
        lines = [line.strip() for line in said if line.strip()]
        raise RuntimeError(
            f'ncnn ended with status {done.returncode}: '
            + ' | '.join(lines[-LAST_LINES:]))


class Agreement(NamedTuple):
    """How far a runtime is from PyTorch.

    Attributes:
        max_relative_error (float): Greatest difference of raw maps, over the
            greatest value of the map.
        people (int): People found.
        same_people (bool): Whether they are PyTorch's, within ``SAME_PX``.
        max_shift_px (float | None): See :func:`greatest_shift`.
    """
    max_relative_error: float
    people: int
    same_people: bool
    max_shift_px: float | None


# Keypoints further apart, in pixels of the image, are not the same; those
# below a score are guesses.
SAME_PX = 2.0
KEYPOINT_THR = 0.1
TINY = 1e-12


def compare(candidate: Candidate, net: Net, blob: np.ndarray, place: Placement,
            planted: Sequence[np.ndarray]) -> Agreement:
    """Compare a runtime with PyTorch.

    Random weights find nobody. So the people compared are those of the
    planted maps, to which the runtime's deviation from PyTorch is added, in
    proportion: as large beside their values as beside those of the net.

    Args:
        candidate (Candidate): The model.
        net (Callable): The model on the runtime.
        blob (np.ndarray): Network input, shape (1, 3, H, W).
        place (Placement): Where the image lies in it.
        planted (Sequence[np.ndarray]): Raw maps with people in them.
    """
    expected = [m.copy() for m in TorchNet(candidate.net)(blob)]
    got = [np.array(m) for m in net(blob)]
    shapes = [m.shape for m in got], [m.shape for m in expected]
    if shapes[0] != shapes[1]:
        raise RuntimeError(f'raw maps of shapes {shapes[0]} rather than '
                           f'{shapes[1]}')
    error = max(float(np.abs(a - b).max() / max(np.abs(a).max(), TINY))
                for a, b in zip(expected, got))
    ours = candidate.stages.decode(planted, place)
    theirs = candidate.stages.decode([
        p + (b - a) * np.abs(p).max() / max(np.abs(a).max(), TINY)
        for p, a, b in zip(planted, expected, got)], place)
    shift = greatest_shift(ours, theirs)
    return Agreement(
        error, len(theirs), shift is not None and shift <= SAME_PX, shift)


def greatest_shift(ours: Sequence[Person],
                   theirs: Sequence[Person]) -> float | None:
    """Return how far keypoints of two sets of people are apart at most.

    Each person is paired with the nearest: equal scores may change places.
    Keypoints below ``KEYPOINT_THR`` in the first set do not count.

    Returns:
        float | None: In pixels; None if there are not as many people.
    """
    if len(ours) != len(theirs):
        return None
    if not ours:
        return 0.0
    first, second = (np.stack([person.keypoints for person in people])
                     for people in (ours, theirs))
    sure = np.stack([person.keypoint_scores for person in ours]) > KEYPOINT_THR
    gaps = np.abs(first[:, None] - second) * sure[:, None, :, None]
    gaps = gaps.max(axis=(2, 3))
    return float(max(gaps.min(axis=0).max(), gaps.min(axis=1).max()))
