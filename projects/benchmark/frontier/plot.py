"""AP against time, and time against people, from a run's result file."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from sasd_mmpose.visualization import style

from . import top_down
from .tables import find, measured, milliseconds

COLORS = {'sasd_xs': style.HIGH, top_down.NET: '#2a9d5c',
          'yolo26n-pose': style.DISTILL, 'yolo11n-pose': '#b5179e',
          'yolov8n-pose': '#8a6d1d'}
LABELS = {'sasd_xs': 'SASD-XS', top_down.NET: 'RTMDet-nano + TinyPose',
          'yolo26n-pose': 'YOLO26n-pose', 'yolo11n-pose': 'YOLO11n-pose',
          'yolov8n-pose': 'YOLOv8n-pose'}
RUNTIMES = {'ncnn': 'ncnn', 'onnxruntime': 'ONNX Runtime'}
# Precision, flip test -> marker and word of what was measured.
KINDS = {('fp32', False): ('o', ''), ('fp32', True): ('D', ', flip test'),
         ('int8', False): ('s', ', int8')}


def _figure(panels: int) -> tuple[Figure, Sequence[Axes]]:
    figure = Figure(figsize=(5.2 * panels, 4.6), layout='constrained')
    FigureCanvasAgg(figure)
    return figure, figure.subplots(1, panels, sharey=True, squeeze=False)[0]


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def _log_ticks(axes: Axes) -> None:
    """Label the time axis with plain numbers."""
    axes.set_xscale('log')
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FormatStrFormatter('%g'))
    axes.xaxis.set_minor_formatter(NullFormatter())


def plot_frontier(result: Mapping, quoted: Sequence[Mapping], path: Path) -> None:
    """Draw AP against CPU time: measured points filled, quoted ones hollow.

    Args:
        result (Mapping): What ``run_frontier`` returned.
        quoted (Sequence[Mapping]): What others report: ``frontier`` of
            ``results/quoted.json``. It stands at the time that was measured.
        path (Path): Image file to write.
    """
    with style.plain_axes():
        figure, panels = _figure(len(RUNTIMES))
        for axes, (runtime, title) in zip(panels, RUNTIMES.items()):
            axes.set_title(f'{title}, {result["threads"]} thread'
                           + ('s' if result['threads'] > 1 else ''))
            _log_ticks(axes)
            axes.set_axisbelow(True)
            axes.set_xlabel('image to people, CPU ms (log)')
            _measured(axes, result, runtime)
            _quoted(axes, result, quoted, runtime)
            axes.margins(x=0.15)
            axes.set_ylim(0, 90)
        panels[0].set_ylabel('AP')
        panels[0].legend(*_legend(panels), loc='upper left', ncols=2,
                         fontsize=7.5)
        figure.supxlabel(
            'Filled: measured here on coco_mini val. Hollow: quoted, on COCO val, '
            'other images, at the time measured here.', fontsize=8,
            color=style.FAINT)
        _save(figure, path)


def _legend(panels: Sequence[Axes]) -> tuple[list, list]:
    """Collect the handles of all panels, each label once."""
    found = {}
    for axes in panels:
        found.update({label: handle for handle, label
                      in zip(*axes.get_legend_handles_labels())})
    names = sorted(found, key=lambda name: ('quoted' in name, name))
    return [found[name] for name in names], names


def _measured(axes: Axes, result: Mapping, runtime: str) -> None:
    """Draw the nets whose AP was measured, a line for each kind."""
    for net, color in COLORS.items():
        for (precision, flip), (marker, word) in KINDS.items():
            points = [
                (milliseconds(e), measured(e), e['size'])
                for e in result['entrants']
                if (e['net'], e['runtime'], e['precision'], e['flip'])
                == (net, runtime, precision, flip)
                and measured(e) is not None and milliseconds(e) is not None]
            if not points:
                continue
            times, ap, sizes = zip(*points)
            axes.plot(times, ap, color=color, marker=marker, markersize=5,
                      linewidth=1, label=LABELS[net] + word)
            for time, height, size in points:
                if marker == 'o':
                    _name(axes, str(size), time, height)


def _quoted(axes: Axes, result: Mapping, quoted: Sequence[Mapping],
            runtime: str) -> None:
    """Draw what is quoted, where its time was measured."""
    for entry in quoted:
        time = milliseconds(find(
            result, entry['net'], entry['size'], runtime, flip=entry['flip']))
        if time is None:
            continue
        flip = ', flip test' if entry['flip'] else ''
        axes.plot(time, entry['ap'], marker='D' if flip else 'o', markersize=6,
                  linestyle='none', color=COLORS[entry['net']],
                  markerfacecolor=style.PAPER, markeredgewidth=1.4,
                  label=f'{LABELS[entry["net"]]}{flip}, quoted')
        _name(axes, str(entry['size']), time, entry['ap'])


def _name(axes: Axes, text: str, time: float, height: float) -> None:
    axes.annotate(text, (time, height), xytext=(0, 6), ha='center', fontsize=7,
                  color=style.INK, textcoords='offset points')


def plot_people(result: Mapping, path: Path) -> None:
    """Draw CPU time against people, and mark where the pair begins to cost more.

    Args:
        result (Mapping): What ``run_frontier`` returned, with ``people``.
        path (Path): Image file to write.
    """
    with style.plain_axes():
        figure, panels = _figure(len(RUNTIMES))
        for axes, (runtime, title) in zip(panels, RUNTIMES.items()):
            axes.set_title(title)
            axes.set_axisbelow(True)
            axes.set_xlabel('people that RTMDet-nano finds in the image')
            _people_lines(axes, result, runtime)
            axes.set_ylim(bottom=0)
            axes.set_xlim(left=0)
        panels[0].set_ylabel('image to people, CPU ms')
        panels[0].legend(*_legend(panels), loc='upper left')
        _save(figure, path)


def _people_lines(axes: Axes, result: Mapping, runtime: str) -> None:
    """Draw the lines of one runtime, and where they cross."""
    people = result['people']
    level = {}
    for record in result['entrants']:
        found = people['cpu_ms'].get(record['name'])
        if not found or record['runtime'] != runtime:
            continue
        numbers = [int(number) for number in found]
        times = [spread['median'] for spread in found.values()]
        key = record['net'], record['size']
        level[key] = sum(times) / len(times)
        ours = record['net'] != top_down.NET
        axes.plot(numbers, times, marker='o', markersize=5, linewidth=1.2,
                  color=COLORS[record['net']],
                  linestyle='-' if record['size'] in (512, 320) else '--',
                  label=LABELS[record['net']]
                  + (f' {record["size"]}' if ours else ''))
    for crossing in people['crossings']:
        key = crossing['net'], crossing['size']
        if crossing['runtime'] == runtime and crossing['people'] >= 1:
            axes.plot(crossing['people'], level[key], marker='x', markersize=9,
                      markeredgewidth=2, color=style.INK)
            axes.annotate(
                f'{crossing["people"]:.1f} people', (crossing['people'], level[key]),
                xytext=(8, 8), textcoords='offset points', fontsize=8,
                color=style.INK)
