"""Pictures in, persons out: what every predictor shares, whatever runs its net.

Nothing here needs more than numpy and OpenCV; in particular neither torch nor
an OpenMMLab package.
"""
from .person import Person
from .pose_drawer import PoseDrawer
from .prediction_writer import PredictionWriter
from .reading import UnreadablePicture, decode_picture, read_picture, to_bgr_uint8
from .sources import open_source

__all__ = [
    'Person', 'PoseDrawer', 'PredictionWriter', 'UnreadablePicture',
    'decode_picture', 'open_source', 'read_picture', 'to_bgr_uint8'
]
