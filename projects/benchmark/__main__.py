"""Measure models side by side: parameters, MACs, file size, and time.

Times are those of one image, from image to people: preprocessing, net,
decoding with suppression or grouping. Models take turns, so that ratios hold on
a machine that does other things besides. docs/benchmark.md says how.
"""
from __future__ import annotations

import argparse
import json
import logging
import warnings
from pathlib import Path

from sasd_mmpose.errors import InputError, install_excepthook

from . import (
    RUNTIMES,
    Settings,
    annotated_images,
    choose,
    drawn_images,
    load_catalogue,
    run_benchmark,
)
from .ncnn_profile import profile_candidate

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / 'projects' / 'benchmark' / 'configs' / 'models.py'


def names(text: str) -> list[str]:
    """Split a list of names at its commas."""
    return [name for name in text.split(',') if name]


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        '--models', type=names, help='names with commas; all by default')
    parser.add_argument(
        '--backends', type=names,
        help=f'some of {",".join(RUNTIMES)}; all by default')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument(
        '--runs', type=int, default=20,
        help='times each model runs on each backend (default: %(default)s)')
    parser.add_argument(
        '--images', nargs=2, metavar=('ANNOTATIONS', 'FOLDER'),
        help="COCO's annotations and their images; drawn people by default")
    parser.add_argument(
        '--num-images', type=int, default=8,
        help='images to use in turn (default: %(default)s)')
    parser.add_argument('--out', help='json file to write')
    parser.add_argument(
        '--profile', action='store_true',
        help='instead of all that, print where the models spend their time '
        'in ncnn')
    parser.add_argument(
        '--cache', default=str(ROOT / 'work_dirs' / 'benchmark'),
        help='folder that keeps converted nets (default: %(default)s)')
    return parser.parse_args()


def check(args: argparse.Namespace) -> None:
    """Raise InputError for what would fail after minutes of work."""
    for option in ('threads', 'runs', 'num_images'):
        if getattr(args, option) < 1:
            raise InputError(f'--{option.replace("_", "-")} '
                             f'{getattr(args, option)}: must be at least 1')
    if args.out:
        try:
            Path(args.out).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f'{args.out}: cannot be written '
                             f'({error.strerror}); name another file') from error


def main() -> None:
    """Measure, print the ratios, write the file."""
    args = parse_args()
    check(args)
    logging.disable(logging.INFO)
    warnings.filterwarnings('ignore')
    catalogue = load_catalogue(CATALOGUE)
    chosen = choose(args.models, list(catalogue.entries), 'model')
    runtimes = choose(args.backends, RUNTIMES, 'backend')
    settings = Settings(
        runtimes, args.threads, args.runs, Path(args.cache), ROOT)
    if args.images:
        images = annotated_images(*args.images, args.num_images)
        source = Path(args.images[0]).name
    else:
        images = drawn_images(args.num_images)
        source = 'drawn people, 640 x 480'
    if args.profile:
        for name in chosen:
            print(profile_candidate(catalogue.entries[name], images, settings))
        return
    result = run_benchmark(catalogue, chosen, images, source, settings)
    for ratio in result['ratios']:
        bound = f', at most {ratio["at_most"]}' if 'at_most' in ratio else ''
        print(f'{ratio["runtime"]}: {ratio["of"]} / {ratio["to"]} = '
              f'{ratio["ms"]["median"]:.3f} (CPU time '
              f'{ratio["cpu_ms"]["median"]:.3f}){bound}')
    if args.out:
        Path(args.out).write_text(json.dumps(result, indent=1) + '\n')
        print(f'wrote {args.out}')


if __name__ == '__main__':
    install_excepthook()
    main()
