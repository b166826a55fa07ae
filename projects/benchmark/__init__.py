"""Speed and size of models, side by side (projects/benchmark)."""
from .catalogue import Catalogue, Entry, Ratio, choose, load_catalogue
from .images import annotated_images, drawn_images
from .report import Settings, run_benchmark
from .runtimes import RUNTIMES

__all__ = [
    'Catalogue', 'Entry', 'RUNTIMES', 'Ratio', 'Settings',
    'annotated_images', 'choose', 'drawn_images', 'load_catalogue',
    'run_benchmark'
]
