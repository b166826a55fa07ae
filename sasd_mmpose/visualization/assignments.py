"""Images of what is trained: samples, and who is assigned to which cell."""
from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation, Transform

from . import style
from .pose_drawer import PoseDrawer
from .training_view import LevelView, TrainingView, same_targets

PANEL = 3.0  # inches, least width of the panel of a level
CELL = 0.04  # inches, least width of a cell
TITLE = 0.42  # inches above each panel
GAP = 0.75  # inches between the twins, for the arrows
DPI = 110
MAX_LISTED = 12  # persons
SUBSCRIPTS = str.maketrans('0123456789', '₀₁₂₃₄₅₆₇₈₉')


class _Person(NamedTuple):
    """A labelled person, as :class:`PoseDrawer` takes it."""
    box: np.ndarray
    keypoints: np.ndarray
    keypoint_scores: np.ndarray


def level_name(index: int, high: bool) -> str:
    """Return the name of a level, such as P₃ or P′₄."""
    return f'P{"′" if high else ""}{str(index).translate(SUBSCRIPTS)}'


def draw_sample(view: TrainingView, metainfo: Mapping[str, Any]) -> Figure:
    """Draw an augmented image with its boxes, keypoints and bones.

    Args:
        view (TrainingView): The sample.
        metainfo (Mapping): Parsed meta information of the keypoints.

    Returns:
        Figure: The drawing, with the names of the files as its caption.
    """
    caption = _wrapped_files(view)
    height, width = view.image.shape[:2]
    side, foot = 7.0, 0.45 + 0.17 * caption.count('\n')
    figure = _new_figure(side * width / max(width, height),
                         side * height / max(width, height) + foot)
    axes = figure.add_axes((0, foot / figure.get_figheight(), 1,
                            1 - foot / figure.get_figheight()))
    _show_people(axes, view, metainfo, view.image, high=False)
    figure.text(0.012, 0.1 / figure.get_figheight(), caption, fontsize=8,
                color=style.INK, va='bottom')
    return figure


def draw_assignment(view: TrainingView, metainfo: Mapping[str, Any]) -> Figure:
    """Draw the positives of every level, the twins one above the other.

    A level of the base twin stands above the level that teaches it. Cells
    are filled with the colour of the person they predict.

    Args:
        view (TrainingView): The sample.
        metainfo (Mapping): Parsed meta information of the keypoints.

    Returns:
        Figure: The drawing.
    """
    rows = 2 if view.high_image is not None else 1
    columns = len(view.base) + 1
    listing = _person_lines(view)
    panel = max(PANEL, CELL * max(level.grid_size[1]
                                  for level in (*view.base, *view.high)))
    panel_height = panel * view.image.shape[0] / view.image.shape[1]
    head, foot = 0.95, 0.42 + 0.17 * (len(listing) + 1)
    width = columns * (panel + 0.22) + 0.22
    height = head + rows * (panel_height + TITLE) + (rows - 1) * GAP + foot
    figure = _new_figure(width, height)

    def place(row: int, column: int) -> Axes:
        """Add axes of the shape of the image, counted from the upper left."""
        top = head + 0.40 + row * (panel_height + TITLE + GAP)
        left = 0.22 + column * (panel + 0.22)
        return figure.add_axes(
            (left / width, 1 - (top + panel_height) / height, panel / width,
             panel_height / height))

    _write_head(figure, view, 0.22 / width, height)
    _show_input(place(0, 0), view, metainfo, high=False)
    for column, level in enumerate(view.base, start=1):
        axes = place(0, column)
        _show_level(axes, view, level, view.image, high=False)
        if rows == 2:
            teacher = view.high[column - 1:column]
            _link(axes, level, teacher[0] if teacher else None)
    if rows == 2:
        _show_input(place(1, 0), view, metainfo, high=True)
        for column, level in enumerate(view.high, start=1):
            _show_level(place(1, column), view, level, view.high_image, high=True)
    for line, (text, color) in enumerate(listing):
        figure.text(0.22 / width,
                    (foot - 0.34 - 0.17 * line) / height, text, color=color,
                    fontsize=8.5, va='top', family='DejaVu Sans Mono')
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a drawing to a file; OSError if it cannot be written."""
    figure.savefig(path, dpi=DPI)


def _new_figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), facecolor=style.PAPER)
    FigureCanvasAgg(figure)
    return figure


def _wrapped_files(view: TrainingView) -> str:
    names = [Path(str(file)).name for file in view.files]
    kind = 'mosaic of ' if len(names) > 1 else ''
    return '\n'.join(textwrap.wrap(kind + ', '.join(names), 100))


def _write_head(figure: Figure, view: TrainingView, left: float, height: float) -> None:
    """Write the title, how to read the drawing, and the files."""
    pairs = list(zip(view.base, view.high, strict=False))
    title = 'Which cells learn which person'
    if pairs:
        staggered = all(b.index + 1 == h.index for b, h in pairs)
        title = ('Staggered alignment: at twice the resolution each person '
                 'falls one level higher, into the same cells'
                 if staggered else
                 'Direct distillation: at twice the resolution the same level '
                 'has other cells')
    reading = ('Filled cells learn the person of their colour; the darker, '
               'the more anchors. Dot: centre of the box. Dashed box: no '
               'anchor of this level is near enough to this person in shape.')
    figure.text(left, 1 - 0.16 / height, title, fontsize=14, weight='bold',
                color=style.INK, va='top')
    figure.text(left, 1 - 0.46 / height, reading, fontsize=9.5,
                color=style.INK, va='top')
    figure.text(left, 1 - 0.68 / height, _wrapped_files(view), fontsize=8,
                color=style.FAINT, va='top')


def _inches(axes: Axes, top: bool, right: float, up: float) -> Transform:
    """Move the origin to so many inches from a left corner of axes.

    Args:
        axes (Axes): The axes.
        top (bool): From the upper left corner, else from the lower left.
        right (float): Inches to the right.
        up (float): Inches upwards.
    """
    box = axes.get_position()
    width, height = axes.figure.get_size_inches()
    return ScaledTranslation(
        box.x0 * width + right, (box.y1 if top else box.y0) * height + up,
        axes.figure.dpi_scale_trans)


def _write(axes: Axes, top: bool, right: float, up: float, text: str, **look) -> None:
    """Write text so many inches from a left corner; see :func:`_inches`."""
    axes.text(0, 0, text, transform=_inches(axes, top, right, up), **look)


def _arrow(axes: Axes, right: float, start: float, end: float, color: str) -> None:
    """Draw an upright arrow below axes, in inches from the lower left."""
    axes.annotate(
        '', (0, 0), (0, 0), xycoords=_inches(axes, False, right, end),
        textcoords=_inches(axes, False, right, start),
        arrowprops=dict(arrowstyle='-|>,head_width=0.35,head_length=0.6',
                        color=color, linewidth=2.2, shrinkA=0, shrinkB=0))


def _bare(axes: Axes, color: str) -> None:
    """Take ticks away and frame the axes."""
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color=color, linewidth=1.6)


def _show_people(axes: Axes, view: TrainingView, metainfo: Mapping[str, Any],
                 image: np.ndarray, high: bool) -> None:
    """Show an image with its persons, in pixels of that image."""
    factor = image.shape[1] / view.image.shape[1]
    # Drawn at the size it is printed at, so that lines are smooth.
    zoom = max(1.0, 7.0 * DPI / max(image.shape[:2]))
    large = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_LINEAR)
    scale = factor * zoom
    people = [
        _Person(box * scale, points * scale, visible)
        for box, points, visible in zip(*view.persons, strict=True)
    ]
    drawer = PoseDrawer(metainfo)
    # The drawer's colours are BGR; the view is RGB.
    drawn = drawer(large[..., ::-1], people)[..., ::-1]
    rows, cols = image.shape[:2]
    axes.imshow(drawn, extent=(0, cols, rows, 0), aspect='auto')
    for number, box in enumerate(view.persons.boxes * factor):
        _outline(axes, box, number, dashed=False)
    axes.set(xlim=(0, cols), ylim=(rows, 0))
    _bare(axes, style.HIGH if high else style.BASE)


def _show_input(axes: Axes, view: TrainingView, metainfo: Mapping[str, Any],
                high: bool) -> None:
    """Show what a twin sees; the base input at half the side of the other."""
    image = view.high_image if high else view.image
    name = 'high-resolution twin' if high else 'base twin'
    if view.high_image is None:
        name = 'input'
    if not high and view.high_image is not None:
        x0, y0, width, height = axes.get_position().bounds
        axes.set_position((x0, y0 + height / 2, width / 2, height / 2))
        free = (height / 2 * axes.figure.get_figheight()) + GAP
        _arrow(axes, 0.2, -0.08, -free, style.FAINT)
        _write(axes, False, 0.36, -free / 2, 'twice as large, bilinear;\n'
               'boxes and keypoints × 2', color=style.INK, fontsize=9,
               va='center', linespacing=1.35)
    _show_people(axes, view, metainfo, image, high)
    color = style.HIGH if high else style.BASE
    axes.set_title(f'{name}: {image.shape[1]} × {image.shape[0]} pixels',
                   loc='left', fontsize=10, weight='bold', color=color)


def _outline(axes: Axes, box: np.ndarray, number: int, dashed: bool) -> None:
    """Draw the box of a person, with its number."""
    color = style.person_color(number)
    x1, y1, x2, y2 = box
    axes.add_patch(
        Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=color,
                  linewidth=0.9 if dashed else 1.6,
                  linestyle=(0, (3, 2)) if dashed else '-', zorder=4))
    # In turns at the four corners: people side by side often share one.
    left, top = number % 4 in (0, 3), number % 2 == 0
    axes.annotate(
        str(number + 1), (x1 if left else x2, y1 if top else y2),
        (1 if left else -1, -1 if top else 1), textcoords='offset points',
        color=style.PAPER, fontsize=7, weight='bold', annotation_clip=True,
        ha='left' if left else 'right', va='top' if top else 'bottom', zorder=6,
        bbox=dict(boxstyle='square,pad=0.15', color=color, linewidth=0,
                  alpha=0.55 if dashed else 1))


def _show_level(axes: Axes, view: TrainingView, level: LevelView,
                image: np.ndarray, high: bool) -> None:
    """Show the grid of a level over its twin's input, in cells."""
    rows, cols = level.grid_size
    pale = (0.42 * cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) + 0.58 * 255)
    axes.imshow(pale, cmap='gray', vmin=0, vmax=255, aspect='auto',
                extent=(0, cols, rows, 0), interpolation='antialiased')
    points = 72 * axes.get_position().width * axes.figure.get_figwidth() / cols
    lines = dict(color='#7c8791', linewidth=min(0.5, points / 20))
    axes.vlines(range(cols + 1), 0, rows, **lines)
    axes.hlines(range(rows + 1), 0, cols, **lines)
    _fill_cells(axes, level, rim=min(0.6, points / 20))
    factor = image.shape[1] / view.image.shape[1]
    boxes = view.persons.boxes * factor / level.stride
    for number, box in enumerate(boxes):
        _outline(axes, box, number, dashed=number not in level.persons)
    dot = min(3.6, points / 2)
    axes.scatter(*((boxes[:, :2] + boxes[:, 2:]) / 2).T, s=dot**2, zorder=5,
                 c=style.INK, edgecolors=style.PAPER, linewidths=dot / 4.5)
    axes.set(xlim=(0, cols), ylim=(rows, 0))
    color = style.HIGH if high else style.BASE
    _bare(axes, color)
    sizes = ', '.join(f'{w:.0f}×{h:.0f}' for w, h in level.anchors * level.stride)
    _write(axes, True, 0, 0.23, level_name(level.index, high), fontsize=13,
           weight='bold', color=color)
    _write(axes, True, 0.45, 0.26, f'stride {level.stride}: {cols} × {rows} '
           f'cells, {len(level.persons)} positives', fontsize=9,
           color=style.INK)
    _write(axes, True, 0, 0.07, f'anchors {sizes} pixels', fontsize=8,
           color=style.FAINT)
    if level.index > view.base[-1].index:
        _write(axes, False, 0, -0.18, 'auxiliary level, in training only',
               fontsize=9, color=color)


def _fill_cells(axes: Axes, level: LevelView, rim: float) -> None:
    """Fill each positive cell; one that serves several persons in stripes."""
    cells: dict[tuple[int, int], dict[int, int]] = {}
    target = level.targets
    for row, col, person in zip(target.row.tolist(), target.col.tolist(),
                                level.persons.tolist(), strict=True):
        anchors = cells.setdefault((row, col), {})
        anchors[person] = anchors.get(person, 0) + 1
    patches, colors = [], []
    for (row, col), people in cells.items():
        width = 1 / len(people)
        for stripe, (person, anchors) in enumerate(sorted(people.items())):
            patches.append(Rectangle((col + stripe * width, row), width, 1))
            strength = 0.25 + 0.65 * anchors / len(level.anchors)
            colors.append(to_rgba(style.person_color(person), strength))
    axes.add_collection(
        PatchCollection(patches, facecolors=colors, edgecolors=style.PAPER,
                        linewidths=rim, zorder=3))


def _link(axes: Axes, student: LevelView, teacher: LevelView | None) -> None:
    """Draw what joins a level with its teacher, below the level."""
    name = level_name(student.index, False)
    if teacher is None:
        _write(axes, False, 0.4, -0.36, f'nobody teaches {name}',
               color=style.FAINT, fontsize=9)
        return
    other = level_name(teacher.index, True)
    if same_targets(student.targets, teacher.targets):
        text = (f'{other} teaches {name}\nsame targets: all '
                f'{len(student.persons)} positives are equal')
    else:
        text = (f'{other}, halved, teaches {name}\nother targets: '
                f'{len(student.persons)} and {len(teacher.persons)} positives')
    _arrow(axes, 0.2, -0.70, -0.05, style.DISTILL)
    _write(axes, False, 0.4, -0.36, text, color=style.DISTILL, fontsize=9,
           va='center', linespacing=1.35)


def _person_lines(view: TrainingView) -> list[tuple[str, str]]:
    """List the persons: their size, and their positives of each level.

    Returns:
        list[tuple[str, str]]: Lines and their colours.
    """
    lines = []
    for number, box in enumerate(view.persons.boxes[:MAX_LISTED]):
        width, height = box[2:] - box[:2]
        text = (f'person {number + 1:2d}   {width:4.0f} × {height:3.0f} '
                f'pixels: {_counts(view.base, number, False)}')
        if view.high:
            text += (f'      twice as large: {_counts(view.high, number, True)}')
        lines.append((text, style.person_color(number)))
    left = len(view.persons.boxes) - MAX_LISTED
    if left > 0:
        lines.append((f'and {left} more', style.FAINT))
    return lines or [('nobody in this image', style.FAINT)]


def _counts(levels: Sequence[LevelView], person: int, high: bool) -> str:
    return '   '.join(
        f'{level_name(level.index, high)} {(level.persons == person).sum()}'
        for level in levels)
