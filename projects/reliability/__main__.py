"""Run the trials of tests/faults, and write down what they found.

Writes results/reliability.json, and docs/reliability.md from it. With --page,
the page alone is written anew. The trials take some minutes; those that fill
a disk need root.
"""
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from sasd_mmpose.errors import InputError, install_excepthook

from .page import render

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / 'results' / 'reliability.json'
PAGE = ROOT / 'docs' / 'reliability.md'


def run_trials() -> None:
    """Run the trials; a broken promise ends with the report of pytest.

    Raises:
        InputError: A trial failed; the older result stays.
    """
    record = RESULT.with_suffix('.new.json')
    done = subprocess.run(
        [sys.executable, '-m', 'pytest', '-p', 'no:xdist', '-q', '-m', 'faults',
         'tests/faults'],
        cwd=ROOT, env={**os.environ, 'RELIABILITY_RECORD': str(record)},
        check=False)
    if done.returncode != 0:
        record.unlink(missing_ok=True)
        raise InputError(f'tests/faults: a trial failed, so {RESULT.name} stays as '
                         'it was; see the report above')
    os.replace(record, RESULT)
    print(f'wrote {RESULT.relative_to(ROOT)}')


def main() -> None:
    """Run the trials unless the page alone is asked for, and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--page', action='store_true',
                        help='write the page from the result that is there')
    if not parser.parse_args().page:
        run_trials()
    PAGE.write_text(render(json.loads(RESULT.read_text())))
    print(f'wrote {PAGE.relative_to(ROOT)}')


if __name__ == '__main__':
    install_excepthook()
    main()
