from .sppf import SPPF
from .uniform_pafpn import UniformPAFPN, extra_level

__all__ = ['SPPF', 'UniformPAFPN', 'extra_level']
