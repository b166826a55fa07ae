"""``python -m sasd_mmpose`` is ``sasd``."""
from .cli.main import console

if __name__ == '__main__':
    console()
