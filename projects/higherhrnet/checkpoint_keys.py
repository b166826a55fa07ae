"""Names of weights in checkpoints of HRNet/HigherHRNet-Human-Pose-Estimation."""
from __future__ import annotations

import re


def rename(name: str) -> str:
    """Return the name that a weight has here.

    Args:
        name (str): Its name in the original code, such as
            ``deconv_layers.0.0.0.weight``.

    Returns:
        str: Its name here. MMPose's backbone has the original names.
    """
    if name.startswith('final_layers.'):
        return f'head.{name}'
    layer = re.match(r'deconv_layers\.0\.(\d+)\.', name)
    if layer is None:
        return f'backbone.{name}'
    rest = name[layer.end():]
    if layer[1] == '0':
        return f'head.deconv.{rest}'
    # A block is the only one of a sequence.
    return f'head.blocks.{int(layer[1]) - 1}.{rest.removeprefix("0.")}'
