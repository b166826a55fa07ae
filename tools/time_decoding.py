"""Time decoding and suppression beside the net, at one thread.

    python tools/time_decoding.py DIR --people 10 --out results/deploy/decoding.json
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from sasd_mmpose.deploy import PosePredictor
from sasd_mmpose.deploy.backends import BACKENDS
from sasd_mmpose.deploy.timing import time_decoding


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folders', nargs='+', help='model folders')
    parser.add_argument('--people', type=int, default=10)
    parser.add_argument('--rounds', type=int, default=50)
    parser.add_argument('--out', type=Path, required=True, help='json to write')
    return parser.parse_args()


def main() -> None:
    """Time every runtime of every folder, and write the json."""
    args = parse_args()
    rows = []
    for folder in args.folders:
        made_for = PosePredictor.from_dir(folder).description.backend
        for name, backend in BACKENDS.items():
            if backend.made_for == made_for:
                predictor = PosePredictor.from_dir(folder, name, threads=1)
                timing = time_decoding(predictor, args.people, args.rounds)
                rows.append(dict(
                    net=predictor.description.name, runtime=name,
                    input=list(predictor.size), people=timing.people,
                    net_ms=round(timing.net, 3),
                    decode_ms=round(timing.decode, 3),
                    share=round(timing.decode / timing.net, 4)))
                print(json.dumps(rows[-1]), flush=True)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(dict(
        clock='CPU time of the process, median', threads=1, rounds=args.rounds,
        rows=rows), indent=1) + '\n')


if __name__ == '__main__':
    main()
