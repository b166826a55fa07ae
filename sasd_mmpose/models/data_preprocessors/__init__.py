from .batch_random_scale import BatchRandomScale

__all__ = ['BatchRandomScale']
