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

    def runtime_folder(self, backend: str) -> Path | None:
        """Return the folder for a runtime, such as ``ncnn``, if it is there."""
        folder = self.folder / backend
        return folder if (folder / 'deploy.json').is_file() else None


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
    models = []
    folder = (root or project_root()) / WEIGHTS
    for path in sorted(folder.glob('*/model.json')):
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
        models.append(model)
    return models
