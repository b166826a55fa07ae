"""How a training went: its losses and its AP, from MMEngine's own log."""
from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sasd_mmpose.errors import InputError
from sasd_mmpose.models.distillers.twins import HIGH_PREFIX
from sasd_mmpose.visualization import style

DISTILL_LOSS = 'loss_distill'
# The colour of each loss; the twins' are told apart by their lines.
LOSS_COLORS = {
    'loss_oks': '#1f6fb2',
    'loss_skeleton': '#2a9d5c',
    'loss_bbox': '#d9622b',
    'loss_obj': '#b5179e',
    'loss_keypoint_conf': '#8a6d1d',
}

Curve = list[tuple[float, float]]


class TrainingLog(NamedTuple):
    """What MMEngine logged of one training.

    Attributes:
        losses (dict[str, Curve]): Points (epoch, value) of each loss. A value
            is the mean over the last steps; the epoch counts the steps done,
            so that 1.5 is half-way through the second.
        scores (dict[str, Curve]): Points (epoch, value) of each metric.
    """
    losses: dict[str, Curve]
    scores: dict[str, Curve]

    @property
    def twin_start(self) -> float | None:
        """Epoch in which the high-resolution twin came in, if it did."""
        firsts = [
            curve[0][0] for name, curve in self.losses.items()
            if name.startswith(HIGH_PREFIX) and curve
        ]
        # The first value is logged some steps after the start of its epoch.
        return math.ceil(min(firsts)) - 1 if firsts else None


def read_training_log(work_dir: str | Path) -> TrainingLog:
    """Read the scalars that a run, and those that resumed it, have logged.

    Args:
        work_dir (str | Path): Work directory of a training.

    Returns:
        TrainingLog: Losses and metrics. Where a resumed run did a step again,
        the later value counts.

    Raises:
        InputError: There is no log, or nothing in it.
    """
    files = sorted(Path(work_dir).glob('*/vis_data/scalars.json'))
    records = [record for file in files for record in _read_records(file)]
    train = {r['step']: r for r in records if 'loss' in r and 'step' in r}
    tests = {r['step']: r for r in records if 'loss' not in r and 'step' in r}
    if not train:
        raise InputError(
            f'{work_dir}: no */vis_data/scalars.json with losses; name the '
            'work directory of a training that has logged something')
    return TrainingLog(_loss_curves(train), _score_curves(tests))


def _read_records(file: Path) -> Iterable[dict]:
    """Yield the lines of a log; a run that was killed may leave half of one."""
    for line in file.read_text().splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue


def _loss_curves(records: dict[int, dict]) -> dict[str, Curve]:
    # The log does not say how many steps an epoch has; they are at least
    # step / epoch of any record, and exactly that at the end of an epoch.
    steps_per_epoch = max(
        step / record.get('epoch', step) for step, record in records.items())
    curves = defaultdict(list)
    for step in sorted(records):
        for name, value in records[step].items():
            if 'loss' in name:
                curves[name].append((step / steps_per_epoch, value))
    return dict(curves)


def _score_curves(records: dict[int, dict]) -> dict[str, Curve]:
    curves = defaultdict(list)
    for epoch in sorted(records):
        for name, value in records[epoch].items():
            if '/' in name:
                curves[name].append((epoch, value))
    return dict(curves)


def plot_training_curves(work_dir: str | Path, out_file: str | Path) -> Path:
    """Draw losses of both twins and AP over the epochs of a training.

    Args:
        work_dir (str | Path): Work directory of a training, whether it has
            ended or not.
        out_file (str | Path): Where to; the ending chooses the format, such
            as ``.png`` or ``.svg``.

    Returns:
        Path: ``out_file``.

    Raises:
        InputError: There is no log, or the image cannot be written.
    """
    log = read_training_log(work_dir)
    out_file = Path(out_file)
    with style.plain_axes():
        figure = Figure(figsize=(11, 4.2), layout='constrained')
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
        _plot_losses(left, log)
        _plot_scores(right, log)
        for axes in (left, right):
            _mark_twin_stage(axes, log.twin_start)
        try:
            out_file.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(out_file, dpi=130)
        except OSError as error:
            raise InputError(f'{out_file}: cannot be written '
                             f'({error.strerror}); name another file') from error
    return out_file


def _plot_losses(axes: Axes, log: TrainingLog) -> None:
    """Draw each loss: solid of the base twin, dashed of the high one."""
    names = sorted(name for name in log.losses
                   if name.startswith('loss_') and name != DISTILL_LOSS)
    for name in names:
        color = LOSS_COLORS.get(name, style.FAINT)
        label = name.removeprefix('loss_').replace('_', ' ')
        _plot_positive(axes, log.losses[name], color=color, label=label)
        _plot_positive(axes, log.losses.get(HIGH_PREFIX + name, []),
                       color=color, linestyle=(0, (3, 1.5)))
    _plot_positive(axes, log.losses.get(DISTILL_LOSS, []),
                   color=style.INK, linewidth=2.2, label='distill')
    if log.twin_start is not None:
        axes.plot([], [], color=style.FAINT, label='base twin')
        axes.plot([], [], color=style.FAINT, linestyle=(0, (3, 1.5)), label='high twin')
    axes.set_yscale('log')
    axes.set(title='Losses, weighted', xlabel='epoch')
    axes.legend(ncols=2, loc='upper right')


def _plot_positive(axes: Axes, curve: Curve, **look) -> None:
    """Draw what a logarithmic axis can show of a curve."""
    points = [(epoch, value) for epoch, value in curve if value > 0]
    if points:
        axes.plot(*zip(*points, strict=True), **{'linewidth': 1.5, **look},
                  marker='o' if len(points) == 1 else None)


def _plot_scores(axes: Axes, log: TrainingLog) -> None:
    """Draw AP and its two thresholds, the best AP marked."""
    axes.set(title='Average precision on held-out images', xlabel='epoch')
    looks = {
        'AP': dict(color=style.INK, linewidth=2.2),
        'AP .5': dict(color=style.FAINT, linestyle=(0, (3, 1.5))),
        'AP .75': dict(color=style.FAINT, linestyle=(0, (1, 1.2))),
    }
    curves = {name.rpartition('/')[2]: c for name, c in log.scores.items()}
    for name, look in looks.items():
        if name in curves:
            axes.plot(*zip(*curves[name], strict=True), marker='.', label=name, **look)
    if 'AP' not in curves:
        axes.text(0.5, 0.5, 'not evaluated yet', color=style.FAINT,
                  ha='center', transform=axes.transAxes)
        return
    epoch, best = max(curves['AP'], key=lambda point: point[1])
    axes.annotate(f'{best:.3f}', (epoch, best), (0, 7),
                  textcoords='offset points', ha='center', weight='bold')
    axes.set_ylim(bottom=0)
    axes.margins(y=0.12)
    axes.legend(loc='upper left')


def _mark_twin_stage(axes: Axes, start: float | None) -> None:
    """Shade the epochs in which the high-resolution twin takes part."""
    axes.set_xlim(left=0)
    if start is None:
        return
    end = axes.get_xlim()[1]
    axes.axvspan(start, end, color=style.DISTILL, alpha=0.07, linewidth=0)
    axes.set_xlim(right=end)
    axes.text(start, 0.02, ' with its twin', color=style.DISTILL,
              transform=axes.get_xaxis_transform())
