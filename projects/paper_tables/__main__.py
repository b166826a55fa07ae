"""Run the paper's tables, in full or in small, and write them down.

    python -m projects.paper_tables run table3
    python -m projects.paper_tables table table3
    PYTHONPATH=. mim train mmpose $(python -m projects.paper_tables config table3 sasd)

`run` trains and evaluates the rows of a suite one after another, with equal
data, epochs and seeds, and writes one json per run into results/experiments.
Stop it at any moment; called again, it goes on where it was, and does nothing
that is done. Rows that are one training in several tables are trained once.
`table` prints the table in markdown and draws it. `config` writes the config
of one row and prints its path, for any command that takes a config.
"""
from __future__ import annotations

import argparse
import os
from pathlib import Path

from sasd_mmpose.errors import install_excepthook

ROOT = Path(__file__).resolve().parents[2]
FORMS = ('mini', 'full')


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--root', type=Path, default=ROOT,
                        help='folder of the project (default: this one)')
    commands = parser.add_subparsers(dest='command', required=True)
    run = commands.add_parser('run', help='train and evaluate')
    table = commands.add_parser('table', help='print and draw the results')
    config = commands.add_parser('config', help='write the config of a row')
    for command in run, table, config:
        command.add_argument(
            'suite', help='table3, table4, table5, table6 or open-questions')
        command.add_argument(
            '--form', choices=FORMS, default='mini',
            help='mini: coco_mini at a low resolution; full: all of COCO')
    config.add_argument('row', help='its name, such as sasd')
    config.add_argument(
        '--out', type=Path, help='file to write (default: '
        'work_dirs/paper_tables/FORM/SUITE_ROW.py)')
    run.add_argument('--rows', nargs='+', help='these rows only')
    run.add_argument('--seeds', type=int, nargs='+', default=[0, 1],
                     help='(default: 0 1)')
    run.add_argument('--budget-minutes', type=float,
                     help='stop after that time; call again to go on')
    run.add_argument('--device', default='auto',
                     help='auto, cpu, cuda or cuda:N (default: auto)')
    run.add_argument('--work-root', type=Path,
                     default=Path('work_dirs/experiments'),
                     help='folder of the trainings (default: %(default)s)')
    run.add_argument('--cfg-options', nargs='+', default=[],
                     help='changes to every config, KEY=VALUE')
    return parser.parse_args()


def choose_device(name: str) -> None:
    """Let this process see one device only; before torch is imported.

    Args:
        name (str): ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
    """
    if name == 'cpu':
        os.environ['CUDA_VISIBLE_DEVICES'] = ''
    elif name.startswith('cuda:'):
        os.environ['CUDA_VISIBLE_DEVICES'] = name.removeprefix('cuda:')


def parse_options(pairs: list[str]) -> dict:
    """Turn KEY=VALUE pairs into what a config is changed by."""
    from mmengine.config import DictAction
    parser = argparse.ArgumentParser()
    parser.add_argument('--options', nargs='+', action=DictAction, default={})
    return parser.parse_args(['--options', *pairs]).options if pairs else {}


def run_suite(args: argparse.Namespace) -> int:
    """Run what has no result yet."""
    import torch

    from sasd_mmpose.errors import InputError

    from . import SuiteRunner

    if args.device.startswith('cuda') and not torch.cuda.is_available():
        raise InputError(f'--device {args.device}: there is no such GPU that '
                         'this torch can use; take --device cpu')
    suite = find_suite(args)
    runner = SuiteRunner(suite, args.form, args.work_root,
                         changes=parse_options(args.cfg_options))
    complete = runner.run(
        suite.select(args.rows), args.seeds, args.budget_minutes)
    if complete:
        print(f'all there; next: python -m projects.paper_tables table '
              f'{suite.name} --form {args.form}')
    else:
        print('not complete; call again to go on')
    return 0 if complete else 3


def show_table(args: argparse.Namespace) -> int:
    """Print the table and draw it."""
    from . import plot_suite, suite_table
    suite = find_suite(args)
    print(suite_table(suite, args.form))
    path = plot_suite(
        suite, args.form, suite.result_folder(args.form) / 'plot.png')
    print(f'\ndrawn to {path}; python -m projects.paper_tables.tools.make_tables '
          'puts the table into docs/experiments.md')
    return 0


def write_config(args: argparse.Namespace) -> int:
    """Write the config of a row and print its path."""
    import logging

    from sasd_mmpose.engine.quiet import quiet_logs
    suite = find_suite(args)
    row, = suite.select([args.row])
    out = args.out or (Path('work_dirs/paper_tables') / args.form
                       / f'{suite.name}_{row.name}.py')
    out.parent.mkdir(parents=True, exist_ok=True)
    # The path has to be all that is printed: it is another command's argument.
    with quiet_logs(logging.INFO):
        suite.config(row, args.form).dump(out)
    print(out)
    return 0


def find_suite(args: argparse.Namespace):
    """Return the suite that is asked for."""
    from sasd_mmpose import InputError

    from . import read_suites
    suites = read_suites(args.root)
    if args.suite not in suites:
        raise InputError(f'{args.suite}: no such suite; there are '
                         f'{", ".join(suites)}')
    return suites[args.suite]


def main() -> int:
    """Run the command."""
    args = parse_args()
    if args.command == 'table':
        return show_table(args)
    if args.command == 'config':
        return write_config(args)
    choose_device(args.device)
    return run_suite(args)


if __name__ == '__main__':
    install_excepthook()
    raise SystemExit(main())
