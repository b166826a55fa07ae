from .auxiliary_level import AuxiliaryLevel
from .direct_distiller import DirectDistiller
from .sasd_distiller import SASDDistiller
from .twins import TRAINING_ONLY, TwinDistiller

__all__ = [
    'TRAINING_ONLY', 'AuxiliaryLevel', 'DirectDistiller', 'SASDDistiller',
    'TwinDistiller'
]
