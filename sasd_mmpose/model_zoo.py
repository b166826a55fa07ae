"""Trained models that come with the package, and MMPose's inferencer.

``MMPoseInferencer(pose2d=NAME)`` looks names up in MMPose's own index only.
Importing this module, which ``import sasd_mmpose`` does where MMPose is in
use, adds the models of ``model-index.yml`` to what it finds.
"""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml
from mmengine.infer import BaseInferencer

from .errors import InputError

INDEX = 'model-index.yml'


class PublishedModel(NamedTuple):
    """A trained model.

    Attributes:
        name (str): Its name, as the inferencer takes it.
        config (Path): Config of the deployed net.
        weights (Path): Its checkpoint.
        entry (dict): All that the metafile says of it.
    """
    name: str
    config: Path
    weights: Path
    entry: dict


def project_root() -> Path:
    """Return the folder with configs and weights.

    That is the clone for an editable installation, else ``.mim`` inside the
    package, as for MMPose itself.
    """
    package = Path(__file__).resolve().parent
    clone = package.parent
    return clone if (clone / INDEX).is_file() else package / '.mim'


def published_models(root: Path | None = None) -> list[PublishedModel]:
    """Read all models of the index.

    Args:
        root (Path | None): Folder of the project; by default this one's.

    Returns:
        list[PublishedModel]: With absolute paths; the first is the default.

    Raises:
        InputError: The index or a metafile cannot be read.
    """
    root = root or project_root()
    if not (root / INDEX).is_file():
        return []
    try:
        metafiles = yaml.safe_load((root / INDEX).read_text())['Import']
        entries = [entry for name in metafiles for entry in
                   yaml.safe_load((root / name).read_text())['Models'] or ()]
        return [
            PublishedModel(entry['Name'], root / entry['Config'],
                           root / entry['Weights'], entry)
            for entry in entries
        ]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise InputError(
            f'{root / INDEX}: it, or a metafile that it names, cannot be read; '
            'write them anew with tools/publish_model.py') from error


_list_models = BaseInferencer._get_models_from_metafile


def _models_of(folder: str) -> Iterator[dict]:
    """List the models of a package's folder; to MMPose's, add ours.

    Args:
        folder (str): Folder with a ``model-index.yml``.

    Yields:
        dict: Entries of metafiles; of ours, the paths are absolute.
    """
    yield from _list_models(folder)
    if folder == BaseInferencer._get_repo_or_mim_dir('mmpose'):
        for model in published_models():
            yield dict(model.entry, Config=str(model.config),
                       Weights=str(model.weights))


BaseInferencer._get_models_from_metafile = staticmethod(_models_of)
