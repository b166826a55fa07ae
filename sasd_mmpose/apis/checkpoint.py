"""Reading checkpoint files safely, and making them smaller."""
from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ..errors import InputError
from ..models.checkpoints import check_state_dict
from ..models.deployed import prune_state_dict

# What a reader of a pruned checkpoint may ask for; the rest is about the run.
KEPT_META = ('cfg', 'dataset_meta', 'epoch', 'iter', 'experiment_name', 'seed',
             'mmengine_version', 'time')


def read_checkpoint(path: str | Path) -> dict:
    """Read a checkpoint of MMEngine; code in it is never run.

    Args:
        path (str | Path): The file.

    Returns:
        dict: Its content, with ``state_dict`` and ``meta``. With an EMA, the
        former holds the averaged weights.

    Raises:
        InputError: There is no such file, or it is no checkpoint.
    """
    if not Path(path).is_file():
        raise InputError(f'{path}: no such checkpoint file')
    try:
        checkpoint = torch.load(path, map_location='cpu', weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, OSError, EOFError, ValueError,
            KeyError) as error:
        reason = str(error).partition('\n')[0].partition('. ')[0]
        raise InputError(
            f'{path}: not a checkpoint that can be loaded safely ({reason}); '
            'give a .pth file that a training of this project wrote') from error
    if not isinstance(checkpoint, Mapping):
        checkpoint = {}
    weights = checkpoint.get('state_dict', checkpoint)
    if not weights or not all(isinstance(w, Tensor) for w in weights.values()):
        raise InputError(f'{path}: no weights in it; give a .pth file that a '
                         'training of this project wrote')
    return dict(state_dict=weights, meta=checkpoint.get('meta', {}))


def load_deployed(model: torch.nn.Module, path: str | Path) -> None:
    """Load the weights of a deployed net from a checkpoint of any kind.

    Args:
        model (nn.Module): A deployed estimator.
        path (str | Path): A checkpoint, pruned or as training wrote it.

    Raises:
        InputError: It cannot be read, or belongs to another net.
    """
    checkpoint = read_checkpoint(path)
    weights = prune_state_dict(checkpoint['state_dict'])
    check_state_dict(model, weights, str(path), checkpoint['meta'])
    model.load_state_dict(weights)


def prune_checkpoint(source: str | Path, target: str | Path,
                     half: bool = False) -> dict[str, Tensor]:
    """Write what the deployed net needs of a checkpoint.

    Neither optimizer nor schedules nor message hub remain, nor the weights of
    auxiliary level and twin.

    Args:
        source (str | Path): A checkpoint of a training.
        target (str | Path): The file to write.
        half (bool): Whether to store the weights of convolutions in 16 bits.
            They are converted back when they are loaded. Biases and the
            statistics of batch norms, which may be large, keep 32.

    Returns:
        dict[str, Tensor]: The weights as written.

    Raises:
        InputError: ``source`` is no checkpoint or ``target`` cannot be
            written.
    """
    checkpoint = read_checkpoint(source)
    weights = prune_state_dict(checkpoint['state_dict'])
    if half:
        weights = type(weights)(
            (name, weight.half() if weight.ndim == 4 else weight)
            for name, weight in weights.items())
    meta = {k: v for k, v in checkpoint['meta'].items() if k in KEPT_META}
    try:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        with open(target, 'wb') as file:
            torch.save(dict(meta=meta, state_dict=weights), file)
    except OSError as error:
        raise InputError(f'{target}: cannot be written ({error.strerror}); '
                         'name another file') from error
    return weights
