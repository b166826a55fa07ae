"""Checkpoint files: read safely, checked against a net, averaged, made smaller."""
from __future__ import annotations

import pickle
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
import torch.nn as nn
from torch import Tensor

from ..errors import InputError
from ..models.deployed import prune_state_dict
from ..models.distillers import TRAINING_ONLY

# What a reader of a pruned checkpoint may ask for; the rest is about the run.
KEPT_META = ('cfg', 'dataset_meta', 'epoch', 'iter', 'experiment_name', 'seed',
             'mmengine_version', 'time')
# The only layers whose shape depends on the number of keypoints.
_HEAD_OUTPUT = re.compile(r'(head\.levels\.\d+|aux_level\.head)\.out\.')


def read_checkpoint(path: str | Path) -> dict:
    """Read a checkpoint of MMEngine; code in it is never run.

    Args:
        path (str | Path): The file.

    Returns:
        dict: Its content, with ``state_dict`` and ``meta``, and the file as
        ``source``. With an EMA, ``state_dict`` holds the averaged weights.

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
    return dict(state_dict=weights, meta=checkpoint.get('meta', {}), source=str(path))


def load_deployed(model: torch.nn.Module, path: str | Path) -> None:
    """Load the weights of a deployed net from a checkpoint of any kind.

    Args:
        model (nn.Module): A deployed estimator.
        path (str | Path): A checkpoint, pruned or as training wrote it.

    Raises:
        InputError: It cannot be read, or belongs to another net.
    """
    load_weights(model, read_checkpoint(path))


def load_weights(model: torch.nn.Module, checkpoint: Mapping) -> None:
    """Load the weights of a deployed net from what was read already.

    Args:
        model (nn.Module): A deployed estimator.
        checkpoint (Mapping): What :func:`read_checkpoint` returned.

    Raises:
        InputError: It belongs to another net.
    """
    weights = prune_state_dict(checkpoint['state_dict'])
    check_state_dict(model, weights, checkpoint['source'], checkpoint['meta'])
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
    _write_checkpoint(target, weights, meta)
    return weights


def average_checkpoints(sources: Sequence[str | Path],
                        target: str | Path) -> dict[str, Tensor]:
    """Average the weights of nets that went different ways from one start.

    Trainings of one net with other seeds stay near enough to one another that
    their mean is a net, often better than each (Wortsman et al., Model soups,
    ICML 2022). Means and variances of batch norms are averaged too; counts are
    those of the first.

    Args:
        sources (Sequence[str | Path]): Checkpoints of one net, two or more.
        target (str | Path): The file to write. The seed in its ``meta`` is the
            list of all seeds, the rest is that of the first checkpoint.

    Returns:
        dict[str, Tensor]: The weights as written.

    Raises:
        InputError: There are fewer than two, one is no checkpoint or of
            another net, or ``target`` cannot be written.
    """
    if len(sources) < 2:
        raise InputError(f'{target}: an average takes two checkpoints or more')
    checkpoints = [read_checkpoint(source) for source in sources]
    first = checkpoints[0]['state_dict']
    for source, checkpoint in zip(sources, checkpoints):
        _check_same_net(first, checkpoint['state_dict'], sources[0], source)
    weights = type(first)(
        (name, _mean([c['state_dict'][name] for c in checkpoints]))
        for name in first)
    meta = {k: v for k, v in checkpoints[0]['meta'].items() if k in KEPT_META}
    meta['seed'] = [c['meta'].get('seed') for c in checkpoints]
    _write_checkpoint(target, weights, meta)
    return weights


def _check_same_net(expected: Mapping[str, Tensor], weights: Mapping[str, Tensor],
                    first: str | Path, source: str | Path) -> None:
    """Raise InputError unless names and shapes are alike."""
    odd = differing_weights(expected, weights)
    if odd:
        raise InputError(
            f'{source}: not of the same net as {first}: {len(odd)} weights are '
            f'missing, left over or of another shape, {odd[0]} among them; '
            'average checkpoints of one config')


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    """Average; whole numbers are counts, and the first is kept."""
    if not tensors[0].is_floating_point():
        return tensors[0]
    mean = torch.stack([tensor.double() for tensor in tensors]).mean(dim=0)
    return mean.to(tensors[0].dtype)


def _write_checkpoint(target: str | Path, weights: Mapping[str, Tensor],
                      meta: Mapping) -> None:
    """Write a checkpoint, or raise InputError."""
    try:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        with open(target, 'wb') as file:
            torch.save(dict(meta=meta, state_dict=weights), file)
    except OSError as error:
        raise InputError(f'{target}: cannot be written ({error.strerror}); '
                         'name another file') from error



def _variant(meta: Mapping) -> str:
    """Say which experiment a checkpoint comes from, if it tells."""
    name = meta.get('experiment_name')
    # MMEngine appends date and time to the name of the config.
    return '' if not name else (
        f' (its run was called {re.sub(r"_[0-9]{8}_[0-9]{6}$", "", name)})')


def differing_weights(expected: Mapping[str, Tensor],
                      weights: Mapping[str, Tensor]) -> list[str]:
    """Name the weights that only one has, or that differ in shape, sorted."""
    return sorted(
        name for name in expected.keys() | weights.keys()
        if name not in expected or name not in weights
        or expected[name].shape != weights[name].shape)


def check_state_dict(model: nn.Module,
                     state_dict: Mapping[str, Tensor],
                     source: str,
                     meta: Mapping,
                     head_may_differ: bool = False) -> None:
    """Raise unless the weights are those of the model.

    Args:
        model (nn.Module): The model they are meant for.
        state_dict (Mapping[str, Tensor]): The weights.
        source (str): Where they come from, for the message.
        meta (Mapping): The ``meta`` of the checkpoint, for the message.
        head_may_differ (bool): Whether the layers that depend on the number
            of keypoints may have another shape.

    Raises:
        InputError: If a weight is missing, left over or of another shape.
            Weights that only training needs may be missing or left over.
    """
    odd = [name for name in differing_weights(model.state_dict(), state_dict)
           if not name.startswith(TRAINING_ONLY)]
    if head_may_differ:
        odd = [name for name in odd if not _HEAD_OUTPUT.match(name)]
    if odd:
        raise InputError(
            f'{source}: not a checkpoint of this model: {len(odd)} weights are '
            f'missing, left over or of another shape, {odd[0]} among them; '
            f'use the config it was trained with{_variant(meta)}')
