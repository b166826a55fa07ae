"""Names of weights in checkpoints of mit-han-lab/litepose."""
from __future__ import annotations

import re

_LAYERS = {
    'inv': 'expand_conv', 'depth_conv': 'depthwise_conv',
    'point_conv': 'linear_conv'
}
_PARTS = {'0': 'conv', '1': 'bn'}
_SEPARABLE = {
    '0': 'depthwise_conv.conv', '1': 'depthwise_conv.bn',
    '3': 'pointwise_conv.conv'
}
_RULES = [
    (r'^first\.([01])\.([01])\.',
     lambda m: f'backbone.stem.{m[1]}.{_PARTS[m[2]]}.'),
    (r'^first\.([23])\.',
     lambda m: f'backbone.stem.2.{"conv" if m[1] == "2" else "bn"}.'),
    (r'^stage\.(\d+\.\d+)\.(inv|depth_conv|point_conv)\.([01])\.',
     lambda m: f'backbone.stages.{m[1]}.{_LAYERS[m[2]]}.{_PARTS[m[3]]}.'),
    (r'^deconv_(refined|raw)\.', lambda m: f'head.{m[1]}_deconvs.'),
    (r'^deconv_bnrelu\.', lambda m: 'head.activations.'),
    (r'^final_(refined|raw)\.(\d+)\.conv\.([013])\.',
     lambda m: f'head.{m[1]}_maps.{m[2]}.{_SEPARABLE[m[3]]}.'),
]


def rename(name: str) -> str:
    """Return the name that a weight has here.

    Args:
        name (str): Its name in a fixed net of the original code, such as
            ``stage.0.3.inv.0.weight``.

    Returns:
        str: Its name here; a name that no rule knows stays as it is.
    """
    for pattern, replacement in _RULES:
        if re.match(pattern, name):
            return re.sub(pattern, replacement, name)
    return name
