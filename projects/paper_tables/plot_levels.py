"""Image of what each level contributes (paper, Fig. 1)."""
from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sasd_mmpose.visualization import style


def plot_levels(report: Mapping, path: Path) -> Path:
    """Draw shares, AP of levels and twins, and gradients.

    Args:
        report (Mapping): What ``tools/levels.py`` writes: ``levels``, a list of
            results of ``measure_levels``, and ``gradient_shares``.
        path (Path): Image to write.

    Returns:
        Path: ``path``.
    """
    with style.plain_axes():
        figure = Figure(figsize=(13, 3.8), layout='constrained')
        FigureCanvasAgg(figure)
        shares, scores, gradients = figure.subplots(1, 3)
        _plot_shares(shares, report['levels'])
        _plot_scores(scores, report['levels'])
        _plot_gradients(gradients, report['gradient_shares'])
        figure.savefig(path, dpi=130)
    return path


def _plot_shares(axes: Axes, entries: list[Mapping]) -> None:
    """Stack the shares of the levels at each size."""
    names = [str(entry['size']) for entry in entries]
    bottom = [0.0] * len(entries)
    for place, level in enumerate(entries[0]['shares']):
        heights = [100 * entry['shares'][level] for entry in entries]
        axes.bar(names, heights, 0.6, bottom, label=level,
                 color=style.person_color(place))
        bottom = [a + b for a, b in zip(bottom, heights, strict=True)]
    axes.set(title='Detections by level', xlabel='input size in pixels',
             ylabel='percent', ylim=(0, 100))
    axes.set_axisbelow(True)
    axes.legend(ncols=3, loc='lower left', bbox_to_anchor=(0, 1.06))


def _plot_scores(axes: Axes, entries: list[Mapping]) -> None:
    """AP over the size: a colour for a pair of levels, dashed the teacher."""
    sizes = [entry['size'] for entry in entries]
    for name in entries[0]['ap']:
        teacher = "'" in name
        alone = ' ' not in name
        pair = int(name[-1]) - (4 if teacher else 3)
        axes.plot(
            sizes, [100 * entry['ap'][name] for entry in entries], '.-',
            label=name, linewidth=1.5 if alone else 2.5,
            linestyle=(0, (3, 1.5)) if teacher else '-',
            color=style.person_color(pair) if alone else style.INK)
    axes.set(title='AP of levels alone, and of all together',
             xlabel='base input size in pixels', ylabel='percent')
    axes.set_ylim(bottom=0)
    axes.legend(ncols=2)


def _plot_gradients(axes: Axes, shares: Mapping[str, float]) -> None:
    """A bar for each loss."""
    names = [re.sub('[._]', ' ', name.replace('loss_', '')) for name in shares]
    axes.barh(names[::-1], [100 * s for s in shares.values()][::-1],
              color=style.BASE)
    axes.set(title='Gradient at the neck, by loss', xlabel='percent')
    axes.set_axisbelow(True)
