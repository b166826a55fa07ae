"""Time the training pipelines and the training step on this machine.

Needs coco_mini under SASD_DATA_ROOT. With --against, the pipelines of another
checkout are timed in the same run, turn by turn.
"""
from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
from pathlib import Path

import torch

from sasd_mmpose.errors import InputError, install_excepthook

from .measure import compare_pipelines, time_step
from .report import render

ROOT = Path(__file__).resolve().parents[2]

PIPELINES = ('input_512', 'crop_256')
STEPS = tuple((pipeline, size, precision, twin)
              for pipeline, size in (('crop_256', 256), ('input_512', 512))
              for precision in ('fp32', 'bf16') for twin in (False, True))


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--against', type=Path, metavar='FOLDER',
                        help='another checkout')
    parser.add_argument('--turns', type=int, default=30,
                        help='turns of a pipeline (default: %(default)s)')
    parser.add_argument('--samples', type=int, default=20,
                        help='samples a turn (default: %(default)s)')
    parser.add_argument('--steps', type=int, default=5,
                        help='training steps each (default: %(default)s)')
    parser.add_argument('--batch-size', type=int, default=16,
                        help='images a step (default: %(default)s)')
    parser.add_argument('--out', type=Path,
                        default=ROOT / 'results' / 'training_cost.json',
                        help='json file to write')
    parser.add_argument('--page', type=Path,
                        default=ROOT / 'docs' / 'training_cost.md',
                        help='page to write')
    args = parser.parse_args()
    if args.against and not (args.against / 'sasd_mmpose').is_dir():
        raise InputError(f'{args.against}: no checkout of this project; give '
                         '--against the folder that holds sasd_mmpose')
    return args


def cpu_name() -> str:
    """Return the processor's name."""
    try:
        lines = Path('/proc/cpuinfo').read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(':')[1].strip() for line in lines
             if line.startswith('model name')]
    return names[0] if names else platform.processor()


def measure(args: argparse.Namespace) -> dict:
    """Time everything."""
    checkouts = {'before': args.against} if args.against else {}
    checkouts['this one'] = ROOT
    pipelines = {}
    for name in PIPELINES:
        rows = compare_pipelines(name, list(checkouts.values()), args.turns,
                                 args.samples)
        pipelines[name] = [dict(checkout=checkout, **row)
                           for checkout, row in zip(checkouts, rows, strict=True)]
        print(name, pipelines[name], flush=True)
    steps = []
    for pipeline, size, precision, twin in STEPS:
        times = time_step(pipeline, args.batch_size, precision == 'bf16', twin,
                          args.steps)
        steps.append(dict(size=size, precision=precision, twin=twin, **times))
        print(steps[-1], flush=True)
    return dict(
        date=str(datetime.date.today()), cpu=cpu_name(), cores=os.cpu_count(),
        load=os.getloadavg()[0], torch=torch.__version__, turns=args.turns,
        count=args.samples, batch_size=args.batch_size, pipelines=pipelines,
        steps=steps)


def main() -> None:
    """Measure, and write the result and its page."""
    args = parse_args()
    result = measure(args)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=2) + '\n')
    args.page.write_text(render(result))


if __name__ == '__main__':
    install_excepthook()
    main()
