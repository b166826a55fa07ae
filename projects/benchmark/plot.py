"""Accuracy against time, from a benchmark's results."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from sasd_mmpose.visualization import style

# By the first word of a model's name; others are grey.
COLORS = dict(sasd=style.HIGH, litepose=style.BASE, higherhrnet='#2a9d5c',
              yolo=style.DISTILL, yolox='#8a6d1d', rtmo='#b5179e')
AREA_PER_MEGAPARAM = 9.0
LEAST_AREA = 12.0


def plot_benchmark(result: Mapping, path: Path,
                   runtimes: Sequence[str] = ('ncnn', 'onnxruntime')) -> None:
    """Draw quoted AP against CPU time, a panel for each runtime.

    The area of a circle is the number of parameters. Models without a figure
    of accuracy or a time are left out.

    Args:
        result (Mapping): What ``run_benchmark`` returned.
        path (Path): Image file to write.
        runtimes (Sequence[str]): The panels.
    """
    with style.plain_axes():
        figure = Figure(figsize=(5.2 * len(runtimes), 4.4), layout='constrained')
        FigureCanvasAgg(figure)
        panels = figure.subplots(
            1, len(runtimes), sharey=True, squeeze=False)[0]
        for axes, runtime in zip(panels, runtimes):
            _panel(axes, result, runtime)
        panels[0].set_ylabel('COCO val AP, quoted from each paper or README')
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=130)


def _panel(axes: Axes, result: Mapping, runtime: str) -> None:
    """Draw the models of one runtime."""
    axes.set_title(f'{runtime}, {result["threads"]} thread'
                   + ('s' if result['threads'] > 1 else ''))
    axes.set_xscale('log')
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FormatStrFormatter('%g'))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_axisbelow(True)
    axes.set_xlabel('image to people, CPU ms (log)')
    for name, model in result['models'].items():
        times = model['runtimes'].get(runtime, {}).get('cpu_ms')
        if times is None or 'quoted_ap' not in model:
            continue
        point = times['whole']['median'], model['quoted_ap']['value']
        color = COLORS.get(name.split('_')[0], style.FAINT)
        area = LEAST_AREA + AREA_PER_MEGAPARAM * model['params'] / 1e6
        axes.scatter(*point, s=area, color=color, alpha=0.75, linewidths=0)
        # Ours to the left, the others to the right: fewer names meet.
        side = -1 if name.startswith('sasd') else 1
        axes.annotate(name.replace('_', ' '), point, fontsize=7.5,
                      color=style.INK, xytext=(side * (3 + area**0.5 / 2), -3),
                      textcoords='offset points',
                      ha='right' if side < 0 else 'left')
    axes.margins(x=0.22, y=0.1)
