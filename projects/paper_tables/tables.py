"""Tables and images of what the runs of a suite gave."""
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sasd_mmpose.errors import InputError
from sasd_mmpose.visualization import style

from ..markdown import markdown
from .suites import Suite

NONE = '–'
OKS = 'person OKS'
# What runs must have in common to stand in one table.
_TERMS = ('epochs', 'trained_on', 'evaluated_on', 'flip_test', 'batch_size')


class Spread(NamedTuple):
    """Mean and standard deviation of a figure over the seeds.

    Attributes:
        mean (float): The mean.
        deviation (float | None): That of a sample; None for a single one.
        number (int): How many there are.
    """
    mean: float
    deviation: float | None
    number: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """Summarise the values; None without any."""
        if not values:
            return None
        deviation = stdev(values) if len(values) > 1 else None
        return cls(mean(values), deviation, len(values))


def read_results(suite: Suite, form: str) -> dict[str, dict[int, dict]]:
    """Read all results of a suite.

    Args:
        suite (Suite): The suite.
        form (str): ``'mini'`` or ``'full'``.

    Returns:
        dict[str, dict[int, dict]]: By row and seed; a row without a result is
        there, and empty.

    Raises:
        InputError: A file cannot be read, or runs were made on unequal terms.
    """
    results = {row.name: {} for row in suite.rows}
    terms = {}
    for path in sorted(suite.result_folder(form).glob('*-seed*.json')):
        try:
            run = json.loads(path.read_text())
            results[run['row']][run['seed']] = run
            terms[path.name] = tuple(run[key] for key in _TERMS)
            run['metrics']['AP'], run['metrics'][OKS]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f'{path}: not the result of a run of '
                             f'{suite.name}; delete it and run it again'
                             ) from error
    odd = [name for name, value in terms.items()
           if value != next(iter(terms.values()))]
    if odd:
        raise InputError(
            f'{suite.result_folder(form)}: {odd[0]} and {next(iter(terms))} '
            f'differ in {" or ".join(_TERMS)}; delete the results of the older '
            'recipe and run them again')
    return results


def spread(runs: Mapping[int, dict], metric: str) -> Spread | None:
    """Summarise a metric over the seeds of a row."""
    return Spread.of([run['metrics'][metric] for run in runs.values()])


def gain(runs: Mapping[int, dict], reference: Mapping[int, dict],
         metric: str) -> Spread | None:
    """Summarise by how much a metric is above a reference's, seed by seed."""
    return Spread.of([
        run['metrics'][metric] - reference[seed]['metrics'][metric]
        for seed, run in runs.items() if seed in reference
    ])


def percent(value: Spread | None, signed: bool = False) -> str:
    """Write a share as percent, with its deviation where there is one."""
    if value is None:
        return NONE
    text = f'{100 * value.mean:{"+" if signed else ""}.2f}'
    if value.deviation is not None:
        text += f' ± {100 * value.deviation:.2f}'
    return text


def terms(results: Mapping[str, Mapping[int, dict]]) -> str:
    """Say in one line on what terms the runs were made."""
    runs = [run for row in results.values() for run in row.values()]
    if not runs:
        return 'Nothing has been run yet.'
    run = runs[0]
    machines = sorted({run['machine'] for run in runs})
    hours = sum(run['training_hours'] for run in runs)
    return (f'Measured on {run["evaluated_on"]}'
            f'{", flip test" if run["flip_test"] else ""}; trained on '
            f'{run["trained_on"]}, {run["epochs"]} epochs of batches of '
            f'{run["batch_size"]}, {hours:.1f} h in all ({"; ".join(machines)}).')


def suite_table(suite: Suite, form: str) -> str:
    """Write a suite's results beside the paper's.

    Args:
        suite (Suite): The suite.
        form (str): ``'mini'`` or ``'full'``.

    Returns:
        str: Markdown. AP in percent, mean and standard deviation over the
        seeds; gains are differences of runs with the same seed.

    Raises:
        InputError: See :func:`read_results`.
    """
    results = read_results(suite, form)
    first = suite.rows[0]
    rows = []
    for row in suite.rows:
        runs = results[row.name]
        others = {} if row is first else results[first.name]
        paper = NONE if row.paper_ap is None else f'{row.paper_ap:g} ᵖ'
        rows.append([
            row.title, paper,
            percent(spread(runs, 'AP')),
            percent(gain(runs, others, 'AP'), signed=True),
            percent(spread(runs, 'AP .5')), percent(spread(runs, OKS)),
            percent(gain(runs, others, OKS), signed=True),
            str(len(runs)),
            f'`python -m projects.paper_tables run {suite.name} --form full '
            f'--rows {row.name}`'
        ])
    table = markdown([
        'row', 'AP in the paper', 'AP here', f'AP over {first.title}',
        'AP50 here', 'OKS here', f'OKS over {first.title}', 'seeds',
        'command for all of COCO'
    ], rows)
    return f'{terms(results)}\n\n{table}'


def plot_suite(suite: Suite, form: str, path: Path) -> Path:
    """Draw OKS and AP of every run, and the means over the seeds.

    Args:
        suite (Suite): The suite.
        form (str): ``'mini'`` or ``'full'``.
        path (Path): Image to write.

    Returns:
        Path: ``path``.

    Raises:
        InputError: There are no results, or see :func:`read_results`.
    """
    results = read_results(suite, form)
    if not any(results.values()):
        raise InputError(f'{suite.result_folder(form)}: no results yet; first '
                         f'run: python -m projects.paper_tables run {suite.name}')
    with style.plain_axes():
        figure = Figure(figsize=(11, 1.2 + 0.42 * max(6, len(suite.rows))),
                        layout='constrained')
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2, sharey=True)
        _plot_runs(left, suite, results, OKS)
        _plot_runs(right, suite, results, 'AP')
        left.set(title='OKS of the average person', xlabel='OKS in percent')
        right.set(title='Average precision', xlabel='AP in percent')
        figure.suptitle(f'{suite.title}: each run, and the mean over the seeds',
                        x=0.01, ha='left', color=style.INK)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=130)
    return path


def _plot_runs(axes: Axes, suite: Suite,
               results: Mapping[str, Mapping[int, dict]],
               metric: str) -> None:
    """A point for each run, a bar for the mean of each row."""
    for place, row in enumerate(suite.rows):
        points = [100 * run['metrics'][metric]
                  for run in results[row.name].values()]
        if points:
            color = style.person_color(place)
            axes.plot([mean(points)] * 2, [place - 0.3, place + 0.3],
                      color=color, linewidth=3)
            axes.plot(points, [place] * len(points), 'o', color=color,
                      markersize=5, alpha=0.7)
    axes.set_yticks(range(len(suite.rows)), [r.title for r in suite.rows])
    axes.set_ylim(len(suite.rows) - 0.5, -0.5)
