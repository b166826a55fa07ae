"""Nets that were exported, loaded into a runtime."""
from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ...errors import InputError
from ..model_description import ModelDescription


class Net(ABC):
    """A net that is ready to run.

    Args:
        folder (Path): The model folder.
        description (ModelDescription): Its description.
        threads (int): Threads to compute with.

    Raises:
        InputError: Its files cannot be loaded.
    """

    #: What a folder must be made for; see ``MODEL_FILES``.
    made_for: str

    def __init__(self, folder: Path, description: ModelDescription,
                 threads: int) -> None:
        self.input_name = description.input.name
        self.output_names = [output.name for output in description.outputs]
        self.paths = [str(folder / name) for name in description.files]
        self._load(description, threads)

    @abstractmethod
    def _load(self, description: ModelDescription, threads: int) -> None:
        """Load the files in ``paths``."""

    @abstractmethod
    def __call__(self, blob: np.ndarray) -> list[np.ndarray]:
        """Run the net.

        Args:
            blob (np.ndarray): Input of shape (1, 3, H, W), float32.

        Returns:
            list[np.ndarray]: Per level the raw map, of shape
            (channels, H / stride, W / stride), float32. They are valid until
            the next call.
        """

    def _refuse(self, reason: object) -> InputError:
        """Make the error for files that cannot be loaded."""
        line = str(reason).strip().partition('\n')[0]
        return InputError(f'{self.paths[0]}: cannot be loaded ({line}); export '
                          'it again')

    def _check_names(self, inputs: list[str], outputs: list[str]) -> None:
        """Raise InputError unless the net has the blobs of the description."""
        if inputs != [self.input_name] or sorted(outputs) != sorted(self.output_names):
            raise InputError(
                f'{self.paths[0]}: its blobs, {", ".join([*inputs, *outputs])}, '
                'are not those that deploy.json names; the files do not belong '
                'together')


def _require(module: str, package: str) -> ModuleType:
    """Import a runtime; raise InputError where it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(f'{package}: not installed or not working ({error}); '
                         f'pip install {package}') from error


class NcnnNet(Net):
    """ncnn, on the CPU."""

    made_for = 'ncnn'

    def _load(self, description: ModelDescription, threads: int) -> None:
        self._ncnn = _require('ncnn', 'ncnn')
        self._net = net = self._ncnn.Net()
        net.opt.num_threads = threads
        # Computing in 16 bits, which ncnn does on some ARM processors unless it
        # is told not to, moves keypoints by pixels; numbers of 16 bits do not.
        net.opt.use_fp16_arithmetic = False
        if description.precision == 'fp32':
            net.opt.use_fp16_packed = False
            net.opt.use_fp16_storage = False
        for load, path in zip((net.load_param, net.load_model), self.paths):
            if load(path) != 0:
                raise InputError(f'{path}: ncnn cannot load it; export it again')
        self._check_names(list(net.input_names()), list(net.output_names()))

    def __call__(self, blob: np.ndarray) -> list[np.ndarray]:
        extractor = self._net.create_extractor()
        extractor.input(self.input_name, self._ncnn.Mat(blob[0]))
        maps = []
        for name in self.output_names:
            status, found = extractor.extract(name)
            if status != 0:
                raise self._refuse(f'ncnn cannot compute {name}')
            # Not copied: the array keeps ncnn's memory alive.
            maps.append(np.asarray(found))
        return maps


class OnnxRuntimeNet(Net):
    """ONNX Runtime, on the CPU."""

    made_for = 'onnxruntime'

    def _load(self, description: ModelDescription, threads: int) -> None:
        ort = _require('onnxruntime', 'onnxruntime')
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(
                self.paths[0], options, providers=['CPUExecutionProvider'])
        except Exception as error:  # its errors have no common base
            raise self._refuse(error) from error
        self._check_names([i.name for i in self._session.get_inputs()],
                          [o.name for o in self._session.get_outputs()])

    def __call__(self, blob: np.ndarray) -> list[np.ndarray]:
        maps = self._session.run(self.output_names, {self.input_name: blob})
        return [m[0] for m in maps]


@cache
def _openvino_core() -> Any:
    """OpenVINO's ``Core``, one for the whole process.

    Its CPU plugin gives the thread that makes it another stack for signals, and
    frees that stack with itself. Were the last net dropped in another thread,
    the first would keep a stack that is gone, and its next signal end it.
    """
    return _require('openvino', 'openvino').Core()


class OpenVinoNet(Net):
    """OpenVINO, on the CPU; it reads ONNX."""

    made_for = 'onnxruntime'

    def _load(self, description: ModelDescription, threads: int) -> None:
        core = _openvino_core()
        settings: dict[str, Any] = dict(INFERENCE_NUM_THREADS=threads, NUM_STREAMS=1)
        if description.precision == 'fp32':
            # It may otherwise compute in 16 bits where a processor can.
            settings['INFERENCE_PRECISION_HINT'] = 'f32'
        try:
            model = core.compile_model(self.paths[0], 'CPU', settings)
        except RuntimeError as error:
            raise self._refuse(error) from error
        self._check_names([i.any_name for i in model.inputs],
                          [o.any_name for o in model.outputs])
        self._outputs = [model.output(name) for name in self.output_names]
        self._request = model.create_infer_request()

    def __call__(self, blob: np.ndarray) -> list[np.ndarray]:
        found = self._request.infer([blob], share_inputs=True, share_outputs=True)
        return [found[output][0] for output in self._outputs]


BACKENDS: dict[str, type[Net]] = dict(
    ncnn=NcnnNet, onnxruntime=OnnxRuntimeNet, openvino=OpenVinoNet)


def open_net(folder: Path, description: ModelDescription,
             backend: str | None = None, threads: int = 1) -> Net:
    """Load a net.

    Args:
        folder (Path): The model folder.
        description (ModelDescription): Its description.
        backend (str | None): A key of ``BACKENDS``; None for the one that the
            folder is made for.
        threads (int): Threads to compute with.

    Raises:
        InputError: There is no such backend, it cannot run these files, or
            they cannot be loaded.
    """
    backend = backend or description.backend
    if backend not in BACKENDS:
        raise InputError(f'runtime {backend!r}: not known; take one of '
                         f'{", ".join(BACKENDS)}')
    if BACKENDS[backend].made_for != description.backend:
        raise InputError(f'{folder}: made for {description.backend}, which '
                         f'{backend} cannot run; export it for '
                         f'{BACKENDS[backend].made_for}')
    return BACKENDS[backend](folder, description, threads)
