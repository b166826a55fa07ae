"""Speed and size of models, side by side (projects/benchmark)."""
from .catalogue import Catalogue, Entry, Ratio, choose, load_catalogue
from .pictures import annotated_pictures, drawn_pictures
from .report import Settings, run_benchmark
from .runtimes import RUNTIMES

__all__ = [
    'Catalogue', 'Entry', 'RUNTIMES', 'Ratio', 'Settings',
    'annotated_pictures', 'choose', 'drawn_pictures', 'load_catalogue',
    'run_benchmark'
]
