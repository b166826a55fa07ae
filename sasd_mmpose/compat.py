"""What newer libraries break in the OpenMMLab packages, mended in one place.

:func:`mend_mmpose` is called by the packages that build on MMPose, before they
import it. Every part looks first whether it is needed, so that an environment
in which everything fits is left as it is:

- a torchvision that is missing, or that cannot be imported beside this torch;
- an mmcv without its compiled operators, which is what mmcv-lite is;
- torch >= 2.6, whose safe loading refuses MMEngine's own checkpoints;
- yapf, which takes most of a minute to lay out a config with the metainfo of
  133 keypoints, several times before a training begins.

:func:`mend_mmdeploy` is apart, because only exporting needs MMDeploy.
"""
from __future__ import annotations

import functools
import importlib
import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pickle import UnpicklingError
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .errors import InputError

STAND_IN_VERSION = '0.0.0+stand.in'
# Boxes that the suppression compares with all others at once: fewer waste
# calls, more waste comparisons with boxes that are suppressed anyway.
NMS_BLOCK = 128
# The published configs have 20 thousand characters.
MAX_FORMATTED = 40_000
MAX_KEPT = 16  # texts of configs


def mend_mmpose() -> None:
    """Mend what keeps MMPose from working here. Safe to call repeatedly."""
    provide_torchvision()
    provide_mmcv_ops()
    allow_mmengine_checkpoints()
    format_configs_once()


# --------------------------------------------------------------- torchvision


class ToPILImage:
    """The part of torchvision's transform of this name that MMPose calls."""

    def __call__(self, pic: torch.Tensor | np.ndarray) -> Any:
        """Convert an image or a heatmap to a PIL image.

        Args:
            pic (Tensor | ndarray): A tensor ``(C, H, W)`` or ``(H, W)``,
                floating values in [0, 1] or uint8; or a uint8 array
                ``(H, W, C)`` or ``(H, W)``. C is 1 to 4.

        Returns:
            PIL.Image.Image: Grey, grey with alpha, RGB or RGBA.

        Raises:
            TypeError: ``pic`` is neither, or not of these types.
            ValueError: ``pic`` has another number of dimensions or channels.
        """
        from PIL import Image
        if isinstance(pic, torch.Tensor):
            if pic.is_floating_point():
                pic = pic.mul(255).to(torch.uint8)
            array = pic.detach().cpu().numpy()
            if array.ndim == 3:
                array = array.transpose(1, 2, 0)
        elif isinstance(pic, np.ndarray):
            array = pic
        else:
            raise TypeError(f'pic must be a tensor or an array: {type(pic)}')
        if array.dtype != np.uint8:
            raise TypeError(f'pic must be uint8 or a float tensor: {pic.dtype}')
        if array.ndim == 2:
            array = array[..., None]
        if array.ndim != 3 or not 1 <= array.shape[2] <= 4:
            raise ValueError(f'pic has the wrong shape: {tuple(pic.shape)}')
        if array.shape[2] == 1:
            array = array[..., 0]
        return Image.fromarray(np.ascontiguousarray(array))


def _absent(name: str) -> Any:
    """Answer what a stand-in lacks (a module's ``__getattr__``)."""
    if name.startswith('__'):
        raise AttributeError(name)
    raise AttributeError(
        f'torchvision.{name} needs torchvision, which is not installed or '
        'does not fit this torch; only transforms.ToPILImage stands in for it')


def _torchvision_stand_in() -> dict[str, ModuleType]:
    """Make modules that answer as torchvision, as far as MMPose asks.

    Both are packages with an empty path: importing any other submodule
    raises ``ModuleNotFoundError``, as if torchvision were not there.
    """
    modules = {}
    for name in ('torchvision', 'torchvision.transforms'):
        module = ModuleType(name, 'Stands in for torchvision; see sasd_mmpose.compat.')
        module.__spec__ = ModuleSpec(name, loader=None, is_package=True)
        module.__path__ = []
        modules[name] = module
    package, transforms = modules.values()
    package.__version__ = STAND_IN_VERSION
    package.__getattr__ = _absent
    package.transforms = transforms
    transforms.ToPILImage = ToPILImage
    return modules


def provide_torchvision() -> None:
    """Make ``torchvision.transforms.ToPILImage`` importable.

    That is all MMPose imports of torchvision, in one visualisation file, but
    without it no part of MMPose imports. A torchvision that works is left
    alone. One that is missing, or that raises on import (its wheels carry
    CUDA operators and fail beside a CPU torch), is replaced by a stand-in.
    """
    try:
        importlib.import_module('torchvision.transforms')
    except Exception as error:
        missing = isinstance(error, ModuleNotFoundError) and (
            error.name == 'torchvision')
        if not missing:
            warnings.warn(
                'the installed torchvision does not fit torch '
                f'{torch.__version__} ({error}); a stand-in replaces it. '
                'To mend it: pip uninstall torchvision', stacklevel=2)
        # A failed import leaves the submodules that it did import.
        for name in list(sys.modules):
            if name == 'torchvision' or name.startswith('torchvision.'):
                del sys.modules[name]
        sys.modules.update(_torchvision_stand_in())


# ---------------------------------------------------------------------- mmcv


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int = 0) -> Tensor:
    """Greedy non-maximum suppression, as the compiled function of this name.

    Args:
        boxes (Tensor): Left, top, right, bottom of N boxes, ``(N, 4)``, in
            pixels.
        scores (Tensor): Their scores ``(N, )``.
        iou_threshold (float): A box that overlaps a kept one of a higher
            score by more than this is dropped.
        offset (int): Added to widths and heights: 1 where ``right`` and
            ``bottom`` are the last pixel inside a box.

    Returns:
        Tensor: Indices of the kept boxes ``(M, )``, best first.
    """
    order = scores.sort(dim=0, descending=True).indices
    edges = boxes[order].T.contiguous()
    kept = [order[:0]]
    while len(order):
        overlaps = _iou_with_first(edges, offset) > iou_threshold
        keep = _suppress(overlaps[:, :NMS_BLOCK])
        kept.append(order[:NMS_BLOCK][keep])
        free = ~overlaps[keep, NMS_BLOCK:].any(dim=0)
        order, edges = order[NMS_BLOCK:][free], edges[:, NMS_BLOCK:][:, free]
    return torch.cat(kept)


def _iou_with_first(edges: Tensor, offset: int) -> Tensor:
    """Return the IoU of the first boxes with all.

    Args:
        edges (Tensor): Left, top, right, bottom of N boxes, ``(4, N)``.
        offset (int): As of :func:`nms`.

    Returns:
        Tensor: ``(min(N, NMS_BLOCK), N)``.
    """
    left, top, right, bottom = edges
    first = edges[:, :NMS_BLOCK, None]
    width = torch.minimum(first[2], right).sub_(torch.maximum(first[0], left))
    height = torch.minimum(first[3], bottom).sub_(torch.maximum(first[1], top))
    shared = width.add_(offset).clamp_(min=0)
    shared *= height.add_(offset).clamp_(min=0)
    areas = (right - left + offset) * (bottom - top + offset)
    return shared.div_((areas[:NMS_BLOCK, None] + areas).sub_(shared))


def _suppress(overlaps: Tensor) -> Tensor:
    """Return which boxes a greedy choice keeps.

    Each round drops what the boxes left by the last one suppress. After n
    rounds the first n boxes are settled; mostly two or three rounds do.

    Args:
        overlaps (Tensor): Which boxes overlap too much, ``(N, N)``, best box
            first.

    Returns:
        Tensor: ``(N, )``, True for the boxes that are kept.
    """
    suppresses = overlaps.triu(diagonal=1)
    keep = suppresses.new_ones(len(overlaps))
    while True:
        last, keep = keep, ~(suppresses & keep[:, None]).any(dim=0)
        if torch.equal(keep, last):
            return keep


def _not_compiled(name: str) -> Callable:
    """Stand in for a compiled function (a module's ``__getattr__``)."""
    if name.startswith('__'):
        raise AttributeError(name)

    def stand_in(*args: Any, **kwargs: Any) -> None:
        raise InputError(
            f"this net calls mmcv's compiled function {name!r}, for which "
            'there is no stand-in: uninstall mmcv-lite and install mmcv '
            '(>=2.0.0, <2.2.0) built for this torch')

    return stand_in


def provide_mmcv_ops() -> None:
    """Make ``mmcv.ops`` importable where its compiled module does not load.

    All of MMPose and MMDetection imports ``mmcv.ops``, few nets call more of
    it than :func:`nms`. A compiled module that loads is left alone. One that
    is missing, or that was built for another torch, is replaced by a module
    that has ``nms``; its other functions say when called that they lack.
    """
    name = 'mmcv._ext'
    mmcv = importlib.import_module('mmcv')
    try:
        importlib.import_module(name)
        return
    except ModuleNotFoundError:
        pass
    except ImportError as error:
        warnings.warn(
            f'the compiled operators of the installed mmcv do not load beside '
            f'torch {torch.__version__} ({error}); of them only nms has a '
            'stand-in. To mend it: pip uninstall mmcv, then pip install '
            'mmcv-lite==2.1.0', stacklevel=2)
    module = ModuleType(name, 'Stands in for what mmcv-lite lacks; see '
                        'sasd_mmpose.compat.')
    module.__spec__ = ModuleSpec(name, loader=None)
    module.nms = nms
    module.get_compiler_version = lambda: 'n/a'
    module.get_compiling_cuda_version = lambda: 'not available'
    module.__getattr__ = _not_compiled
    sys.modules[name] = mmcv._ext = module


# --------------------------------------------------------------- checkpoints


def _history_buffer_method(owner: type, name: str) -> Callable:
    """Stand in for ``getattr`` in a checkpoint, for the one use it has there.

    A pickled ``HistoryBuffer`` names its own statistics, as
    ``getattr(HistoryBuffer, 'mean')``. Letting checkpoints call the real
    ``getattr`` would open the way around safe loading.

    Raises:
        UnpicklingError: The checkpoint asks for anything else.
    """
    from mmengine.logging import HistoryBuffer
    if owner is not HistoryBuffer or name not in ('min', 'max', 'current', 'mean'):
        raise UnpicklingError(
            f'a checkpoint asks for the attribute {name!r} of {owner!r}; only '
            "HistoryBuffer's own statistics may be loaded")
    return getattr(HistoryBuffer, name)


def allow_mmengine_checkpoints() -> None:
    """Let ``torch.load(weights_only=True)`` read what MMEngine itself saves.

    From 2.6 on, that is how torch loads unless told otherwise. Beside
    tensors, MMEngine's checkpoints hold the history of the logged scalars and
    the data set's metainfo: ``HistoryBuffer``, numpy arrays and numbers. Only
    these become loadable; everything else is still refused.
    """
    if not hasattr(torch.serialization, 'get_unsafe_globals_in_checkpoint'):
        return  # older than 2.6: loads without this check
    from mmengine.logging import HistoryBuffer
    kinds = {type(np.dtype(code)) for code in np.typecodes['AllInteger'] +
             np.typecodes['AllFloat'] + '?U'}
    # numpy 1 and 2 name the same two functions differently.
    numpy_functions = [
        (function, f'numpy.{core}.multiarray.{function.__name__}')
        for function in _numpy_reconstructors()
        for core in ('core', '_core')
    ]
    torch.serialization.add_safe_globals([
        # bytes: the content of an empty array, as of a skeleton without bones.
        HistoryBuffer, np.ndarray, np.dtype, bytes, *kinds, *numpy_functions,
        (_history_buffer_method, 'builtins.getattr')])


def _numpy_reconstructors() -> tuple[Callable, Callable]:
    """Return the functions by which arrays and numpy scalars are unpickled."""
    return np.zeros(0).__reduce__()[0], np.float64(0).__reduce__()[0]


# ------------------------------------------------------------------- configs


def format_configs_once() -> None:
    """Keep MMEngine from laying out a config with yapf again, or a long one at all.

    It writes the same config into the log, a file and each checkpoint, and yapf
    takes a second to make its lines fit. As MMEngine hands it over, the text is
    valid and indented already.
    """
    config = importlib.import_module('mmengine.config.config')
    if getattr(config.FormatCode, 'formats_once', False):
        return
    layout = config.FormatCode
    formatted: dict[str, tuple[str, bool]] = {}

    def format_once(text: str, **style: Any) -> tuple[str, bool]:
        if len(text) > MAX_FORMATTED:
            return text, False
        if text not in formatted:
            if len(formatted) == MAX_KEPT:
                formatted.clear()
            formatted[text] = layout(text, **style)
        return formatted[text]

    format_once.formats_once = True
    config.FormatCode = format_once


# ------------------------------------------------------------------ mmdeploy


class _FxWrappedFunctions:
    """torch.fx's table of wrapped functions, as the list it once was.

    Entries are pairs of a function's globals and its name. The table itself
    is the dict that torch.fx uses, with keys ``(id(globals), name)``.
    """

    def __init__(self, table: dict[tuple[int, str], dict]) -> None:
        self._table = table

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[tuple[dict, str]]:
        for (_, name), namespace in self._table.items():
            yield namespace, name

    def append(self, entry: tuple[dict, str]) -> None:
        namespace, name = entry
        self._table[id(namespace), name] = namespace

    def pop(self, index: int = -1) -> tuple[dict, str]:
        keys = list(self._table)
        _, name = key = keys[index]
        return self._table.pop(key), name


@functools.cache
def mend_mmdeploy() -> None:
    """Let MMDeploy 1.3.1 export with newer torch; call it before exporting.

    - It treats ``torch.fx._symbolic_trace._wrapped_fns_to_patch`` as a list.
      Newer torch keeps a dict there, so that leaving its rewriter context
      may raise.
    - Its rewrites are made for torch's TorchScript exporter to ONNX, which is
      no longer what ``torch.onnx.export`` takes by itself.

    Raises:
        ModuleNotFoundError: MMDeploy is not installed.
    """
    rewriter = importlib.import_module('mmdeploy.core.rewriters.function_rewriter')
    table = rewriter._wrapped_fns_to_patch
    if isinstance(table, dict):
        rewriter._wrapped_fns_to_patch = _FxWrappedFunctions(table)
    dynamo = inspect.signature(torch.onnx.export).parameters.get('dynamo')
    if dynamo is not None and dynamo.default:
        register = importlib.import_module(
            'mmdeploy.core').FUNCTION_REWRITER.register_rewriter
        # MMDeploy puts it in place within its context only.
        register('torch.onnx.export')(_export_by_torchscript)


def _export_by_torchscript(*args: Any, **kwargs: Any) -> Any:
    """Stand in for ``torch.onnx.export`` within MMDeploy's context."""
    from mmdeploy.core import FUNCTION_REWRITER
    context = FUNCTION_REWRITER.get_context()
    return context.origin_func(*args, dynamo=False, **kwargs)
