"""Reading configs, with one clear line for what is wrong with them."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mmengine.config import Config

from ..errors import InputError


def load_config(path: str | Path, *keys: str) -> Config:
    """Read a config file of this project.

    Args:
        path (str | Path): The file.
        *keys (str): What it must have beside the model, such as
            ``'test_dataloader'``.

    Returns:
        Config: The config.

    Raises:
        InputError: If there is no such file, or it lacks a key.
    """
    if not Path(path).is_file():
        raise InputError(f'{path}: no such config file')
    cfg = _read(path)
    if 'model' not in cfg:
        raise InputError(f'{path}: not a config of a model: it has no key "model"')
    for key in keys:
        if cfg.get(key) is None:
            raise InputError(f'{path}: lacks the key "{key}", which is needed '
                             'here; configs/sasd_xs_coco.py shows it')
    return cfg


def _read(path: str | Path) -> Config:
    """Read a config; raise InputError where it cannot be."""
    try:
        return Config.fromfile(path)
    except InputError:
        raise
    except Exception as error:  # whatever the Python in the file raises
        reason = ' '.join(f'{type(error).__name__}: {error}'.split())
        raise InputError(f'{path}: cannot be read as a config ({reason}); mend '
                         'it') from error


def check_input_multiple(size: int, model_cfg: Mapping) -> None:
    """Raise unless every level of a net has whole cells at an input size.

    Args:
        size (int): Side of the square network input in pixels.
        model_cfg (Mapping): The ``model`` of a config.

    Raises:
        InputError: If it is no multiple of the largest stride.
    """
    stride = max(model_cfg['head']['strides'])
    if size < stride or size % stride:
        raise InputError(
            f'input size {size}: must be a multiple of the largest stride, '
            f'{stride}; the nearest is {max(round(size / stride), 1) * stride}')
