"""AP on coco_mini val and time, in one run, of what a user could pick today.

What was exported and evaluated is kept in the cache, so that an interrupted run
goes on; times are always taken anew, by turns. Takes some 20 minutes on one idle
core, and some 10 more the first time. projects/benchmark/README.md says what each
net needs.
"""
from __future__ import annotations

import argparse
import logging
import warnings
from pathlib import Path

from mmengine.registry import init_default_scope

import sasd_mmpose.registration  # noqa: F401
from projects.result_files import write_result
from sasd_mmpose.errors import InputError, install_excepthook
from sasd_mmpose.inference.model_zoo import find_model

from . import top_down, trained, ultralytics_nets
from .case import Case, Setting
from .run import Make, run_frontier
from .val_images import labelled_images, read_test_set

ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / 'configs' / 'sasd_xs_coco_mini.py'
PARTS = ('sasd', 'top-down', 'ultralytics')


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, required=True, help='json file to write')
    parser.add_argument(
        '--only', choices=PARTS, action='append',
        help='take only these; may be given several times')
    parser.add_argument(
        '--sizes', type=int, nargs='+', help='take only these input sizes')
    parser.add_argument(
        '--model', help='published model; the first by default')
    parser.add_argument(
        '--ultralytics', metavar='PYTHON', help='a Python that has ultralytics; by '
        f'default that of the environment variable {ultralytics_nets.SETTING}')
    parser.add_argument(
        '--num-images', type=int, help='evaluate on so many; all by default')
    parser.add_argument(
        '--rounds', type=int, default=50,
        help='times each case is timed (default: %(default)s)')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument(
        '--cache', type=Path, default=ROOT / 'work_dirs' / 'frontier',
        help='folder that keeps exported nets and AP (default: %(default)s)')
    return parser.parse_args()


def check(args: argparse.Namespace) -> None:
    """Raise InputError for what would fail after minutes of work."""
    for option in ('threads', 'rounds', 'num_images'):
        value = getattr(args, option)
        if value is not None and value < 1:
            raise InputError(f'--{option.replace("_", "-")} {value}: must be at '
                             'least 1')
    if args.out.is_dir():
        raise InputError(f'{args.out}: a folder; name a file')


def main() -> None:
    """Run it, and write the file."""
    args = parse_args()
    check(args)
    logging.disable(logging.WARNING)
    warnings.filterwarnings('ignore')
    cfg = read_test_set(CONFIG, args.num_images)
    init_default_scope(cfg.default_scope)
    images = list(labelled_images(cfg, args.rounds))
    sasd = trained.Trained(
        find_model(args.model), CONFIG,
        Path(cfg.test_dataloader.dataset.data_root, 'images', images[0].name))
    ultralytics = ultralytics_nets.Ultralytics(args.ultralytics, images)
    parts: dict[str, dict[Case, Make]] = {
        'sasd': dict.fromkeys(trained.cases(), sasd),
        'top-down': dict.fromkeys(top_down.cases(), top_down.make_ready),
        'ultralytics': dict.fromkeys(ultralytics_nets.cases(), ultralytics)}
    makers = {
        case: make for name in args.only or PARTS
        for case, make in parts[name].items()
        if not args.sizes or case.size in args.sizes}
    result = run_frontier(
        makers, cfg, images, args.rounds,
        Setting(args.cache.resolve(), args.threads))
    if ultralytics.version:
        result['versions']['ultralytics'] = ultralytics.version
    write_result(args.out, result)


if __name__ == '__main__':
    install_excepthook()
    main()
