"""What the rows of the paper's tables need beside the package; configs name this.

    custom_imports = dict(imports=[
        'sasd_mmpose.registration', 'projects.paper_tables.variants'])
"""
import sasd_mmpose.registration  # noqa: F401, I001  (before MMPose)
from .batch_random_scale import BatchRandomScale
from .pose_mosaic import PoseMosaic

__all__ = ['BatchRandomScale', 'PoseMosaic']
