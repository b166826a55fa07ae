from .sppf import SPPF
from .uniform_pafpn import CSPPAFPN, UniformPAFPN, extra_level

__all__ = ['CSPPAFPN', 'SPPF', 'UniformPAFPN', 'extra_level']
