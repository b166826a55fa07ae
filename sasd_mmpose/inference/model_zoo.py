"""Trained models that come with the project; needs neither torch nor MMPose.

Each has a folder under ``weights/``: ``model.json``, which describes it, config
and checkpoint of the deployed net, and, where they were made, folders for other
runtimes (``ncnn``, ``onnx``), each with a ``deploy.json``.
"""
from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from ..errors import InputError

WEIGHTS = 'weights'
INDEX = 'model-index.yml'


class PublishedModel(NamedTuple):
    """A trained model.

    Attributes:
        name (str): Its name, as MMPose's inferencer takes it.
        config (Path): Config of the deployed net.
        checkpoint (Path): Its weights.
        description (dict): The content of ``model.json``.
    """
    name: str
    config: Path
    checkpoint: Path
    description: dict

    @property
    def folder(self) -> Path:
        """The folder of the model."""
        return self.config.parent

    def runtime_folders(self) -> list[Path]:
        """Return the folders with exported files, such as ``ncnn``."""
        folders = [path.parent for path in self.folder.glob('*/deploy.json')]
        if not folders:
            raise InputError(f'{self.folder}: no exported files in it; take the '
                             "runtime 'torch', or export the model")
        return sorted(folders)


def project_root() -> Path:
    """Return the folder with configs and weights.

    That is the clone for an editable installation, else ``.mim`` inside the
    package, as for MMPose itself.
    """
    package = Path(__file__).resolve().parents[1]
    clone = package.parent
    return clone if (clone / INDEX).is_file() else package / '.mim'


def published_models(root: Path | None = None) -> list[PublishedModel]:
    """Read the descriptions of all models.

    Args:
        root (Path | None): Folder of the project; by default this one's.

    Returns:
        list[PublishedModel]: By name.

    Raises:
        InputError: One of them cannot be read, or lacks its checkpoint.
    """
    folder = (root or project_root()) / WEIGHTS
    return [read_model(path) for path in sorted(folder.glob('*/model.json'))]


def read_model(path: Path) -> PublishedModel:
    """Read the ``model.json`` of a published model.

    Raises:
        InputError: It cannot be read, or lacks its checkpoint.
    """
    try:
        description = json.loads(path.read_text())
        model = PublishedModel(
            description['name'], path.parent / 'config.py',
            path.parent / description['checkpoint'], description)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f'{path}: not the description of a model; publish '
                         'it again') from error
    if not model.checkpoint.is_file():
        raise InputError(f'{model.checkpoint}: {path.name} names it, and it '
                         'is not there; take it from a fresh clone')
    return model


def find_model(model: str | Path | None = None) -> PublishedModel | None:
    """Find a published model.

    Args:
        model (str | Path | None): Its name or its folder; None for the first.

    Returns:
        PublishedModel | None: None where it is the path of another folder.

    Raises:
        InputError: There is no such model and no such folder.
    """
    if model is not None and (Path(model) / 'model.json').is_file():
        return read_model(Path(model) / 'model.json')
    models = {found.name: found for found in published_models()}
    if model is None and models:
        return next(iter(models.values()))
    if model is not None and (str(model) in models or Path(model).is_dir()):
        return models.get(str(model))
    raise InputError(
        f'{model or "model"}: neither a published model '
        f'({", ".join(models) or "there are none"}) nor the folder of one')
