"""See the whole of it work: train, prune, evaluate, draw.

XS learns with its high-resolution twin on people drawn by a program, from the
published net. No data and no download are needed. Call it again
after an interruption: it goes on.
"""
import sasd_mmpose.registration  # noqa: F401, I001  (before mmpose)
from sasd_mmpose.errors import install_excepthook
import argparse
import sys
from pathlib import Path

from sasd_mmpose.engine.config import load_config
from ..demo import HONESTY, QUICK, QUICK_MINUTES, clock, describe_images, run_demo

ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / 'configs' / 'sasd_xs_demo.py'


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument(
        '--out', type=Path, default=Path('work_dirs/demo'),
        help='folder to write to')
    parser.add_argument(
        '--minutes', type=float, default=10.0,
        help='time of the training; the twin takes part in its last third')
    parser.add_argument('--seed', type=int, default=0, help='of the training')
    parser.add_argument(
        '--quick', action='store_true',
        help='some seconds only, to see that everything runs')
    return parser.parse_args()


def main() -> None:
    """Run the demo, and say what it wrote."""
    args = parse_args()
    config = load_config(CONFIG)
    config.randomness.seed = args.seed
    config.load_from = str(ROOT / config.load_from)
    if args.quick:
        config.merge_from_dict(QUICK)
        args.minutes = QUICK_MINUTES
    print(f'{HONESTY}\n{describe_images(config)}\n')
    files, report = run_demo(config, args.out, args.minutes, sys.stdout)
    print(f'\ntrained on {report["train_images"]} images, '
          f'{report["steps"]} steps of which the last '
          f'{report["steps_with_twin"]} with the twin, in '
          f'{clock(report["train_seconds"])} minutes '
          f'({report["train_cpu_seconds"]} CPU seconds)\n'
          f'AP {report["AP"]:.3f} (AP50 {report["AP .5"]:.3f}) on '
          f'{report["test_images"]} unseen drawn images, by the pruned net; '
          f'{report["AP_before_twin"]:.3f} before the twin came in\n')
    for name, path in files._asdict().items():
        print(f'  {name:11} {path}')


if __name__ == '__main__':
    install_excepthook()
    main()
