from .share_sampler import ShareSampler

__all__ = ['ShareSampler']
