"""The net on other runtimes: its predictor here, its export beside it.

Importing this imports neither torch nor an OpenMMLab package, and neither does
anything of it that ``pip install .[runtime]`` is enough for: ``description``,
``letterbox``, ``decoding``, ``backends`` and ``predictor``. The other modules
write model folders; they need the whole installation.
"""
from .description import ModelDescription
from .predictor import PosePredictor

__all__ = ['ModelDescription', 'PosePredictor']
