"""Names of the project's models in MMPose's inferencer.

``MMPoseInferencer(pose2d=NAME)`` looks names up in MMPose's own index only.
Importing this module, which ``import sasd_mmpose`` does where MMPose is in
use, adds the models that come with the project.
"""
from __future__ import annotations

from collections.abc import Iterator

from mmengine.infer import BaseInferencer

from . import model_zoo

_list_models = BaseInferencer._get_models_from_metafile


def _models_of(folder: str) -> Iterator[dict]:
    """List the models of a package's folder; to MMPose's, add ours.

    Args:
        folder (str): Folder with a ``model-index.yml``.

    Yields:
        dict: Entries of metafiles; of ours, with absolute paths.
    """
    yield from _list_models(folder)
    if folder == BaseInferencer._get_repo_or_mim_dir('mmpose'):
        for model in model_zoo.published_models():
            yield dict(Name=model.name, Config=str(model.config),
                       Weights=str(model.checkpoint))


BaseInferencer._get_models_from_metafile = staticmethod(_models_of)
