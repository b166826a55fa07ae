"""Draw docs/figures/method.png: the method in one figure."""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import (
    Circle,
    Ellipse,
    FancyArrowPatch,
    FancyBboxPatch,
    Polygon,
    Rectangle,
)

from sasd_mmpose.visualization import style

WIDTH, HEIGHT = 13.0, 8.3  # inches, and the units of all coordinates below
BASE, HIGH, DISTILL = style.BASE, style.HIGH, style.DISTILL
INK, FAINT = style.INK, style.FAINT
KEPT = '#2a7f62'  # what inference keeps
PERSON = '#f2b21b'
SHIRT, SKIN, FIELD, SKY = '#c8453b', '#e9b48a', '#9cc08a', '#d5e6f2'

TOP, BOTTOM = 6.15, 3.1  # heights of the middles of the twins
# Middles and sides of the columns, and cells along a side.
COLUMNS = ((4.62, 1.3, 16), (6.22, 1.15, 8), (7.7, 0.95, 4), (9.02, 0.78, 2))
# A head belongs to the index of its level, in either twin.
HEAD_TINTS = {3: '#ffffff', 4: '#e4f3ea', 5: '#efe6f6', 6: '#ffffff'}
# The cells that learn the person, (column, row): the same in both twins.
POSITIVES = {8: ((4, 3), (4, 4), (3, 4)), 4: ((2, 1), (2, 2), (1, 2)),
             2: ((1, 0), (1, 1), (0, 1))}
# Shoulders, elbows, wrists, hips, knees, ankles in a unit square, y upwards.
JOINTS = ((0.43, 0.66), (0.62, 0.65), (0.33, 0.56), (0.73, 0.75), (0.29, 0.43),
          (0.78, 0.88), (0.46, 0.41), (0.59, 0.41), (0.41, 0.25), (0.66, 0.27),
          (0.37, 0.09), (0.64, 0.09))
HIP = 6  # the first of the legs' joints
BONES = ((0, 1), (0, 2), (2, 4), (1, 3), (3, 5), (0, 6), (1, 7), (6, 7),
         (6, 8), (8, 10), (7, 9), (9, 11))


def label(axes: Axes, x: float, y: float, text: str, color: str = INK,
          size: float = 12, **look) -> None:
    """Write text around a point."""
    axes.text(x, y, text, color=color, fontsize=size,
              **{'ha': 'center', 'va': 'center', **look})


def arrow(axes: Axes, start: Sequence[float], end: Sequence[float],
          color: str = FAINT, width: float = 1.6, head: float = 11,
          **look) -> None:
    """Draw an arrow between two points."""
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle='-|>', mutation_scale=head,
                        color=color, linewidth=width, shrinkA=0, shrinkB=0,
                        **look))


def box(axes: Axes, x: float, y: float, width: float, height: float,
        color: str, fill: str = '#ffffff', **look) -> None:
    """Draw a rounded box around a point."""
    axes.add_patch(
        FancyBboxPatch((x - width / 2, y - height / 2), width, height,
                       boxstyle='round,pad=0,rounding_size=0.08',
                       edgecolor=color, facecolor=fill,
                       **{'linewidth': 1.4, **look}))


def image(axes: Axes, x: float, y: float, side: float, color: str,
            poses: bool = False) -> None:
    """Draw an image of a person; with its pose, if it is a result."""
    left, low = x - side / 2, y - side / 2

    def at(point: Sequence[float]) -> tuple[float, float]:
        return left + point[0] * side, low + point[1] * side

    axes.add_patch(Rectangle((left, low), side, side, color=SKY, linewidth=0))
    axes.add_patch(
        Rectangle((left, low), side, 0.3 * side, color=FIELD, linewidth=0))
    points = [at(joint) for joint in JOINTS]
    limb = dict(solid_capstyle='round', solid_joinstyle='round')
    for first, second in BONES:
        (x1, y1), (x2, y2) = points[first], points[second]
        leg = first >= HIP
        axes.plot((x1, x2), (y1, y2), color='#3c4a63' if leg else SKIN,
                  linewidth=7.5 * side, **limb)
    torso = [at(p) for p in ((0.43, 0.66), (0.62, 0.65), (0.59, 0.4),
                             (0.46, 0.4))]
    axes.add_patch(Polygon(torso, closed=True, color=SHIRT,
                           linewidth=6 * side, joinstyle='round', zorder=3))
    axes.add_patch(
        Ellipse(at((0.53, 0.8)), 0.14 * side, 0.17 * side, color=SKIN,
                zorder=3))
    if poses:
        for first, second in BONES:
            (x1, y1), (x2, y2) = points[first], points[second]
            axes.plot((x1, x2), (y1, y2), color='#123f8f', linewidth=2.2,
                      zorder=4, **limb)
        for point in points:
            axes.add_patch(
                Circle(point, 0.035 * side, facecolor='#ffffff',
                       edgecolor='#123f8f', linewidth=1.3, zorder=5))
    axes.add_patch(
        Rectangle((left, low), side, side, fill=False, edgecolor=color,
                  linewidth=2, zorder=6))


def backbone(axes: Axes, x: float, y: float, color: str,
             scale: float = 1.0, size: float = 11.5) -> None:
    """Draw the backbone as a funnel, and the PAN beside it."""
    half, end = 0.62 * scale, 0.36 * scale
    corners = [(x - 0.42 * scale, y - half), (x - 0.42 * scale, y + half),
               (x + 0.42 * scale, y + end), (x + 0.42 * scale, y - end)]
    axes.add_patch(
        Polygon(corners, closed=True, facecolor='#eef0f3', edgecolor=color,
                linewidth=1.8, joinstyle='round'))
    label(axes, x, y, 'backbone', size=size)
    box(axes, x + 0.8 * scale, y, 0.56 * scale, 0.9 * scale, color, '#eef0f3',
        linewidth=1.8)
    label(axes, x + 0.8 * scale, y, 'PAN', size=size)


def level(axes: Axes, x: float, y: float, side: float, cells: int, name: str,
          color: str, dashed: bool = False, idle: bool = False) -> None:
    """Draw the grid of a level, with the cells that learn the person."""
    left, low, cell = x - side / 2, y - side / 2, side / cells
    axes.add_patch(
        Rectangle((left, low), side, side, linewidth=0,
                  facecolor='#f4f5f6' if idle else '#ffffff'))
    for col, row in () if idle else POSITIVES[cells]:
        axes.add_patch(
            Rectangle((left + col * cell, low + (cells - 1 - row) * cell),
                      cell, cell, facecolor=PERSON, linewidth=0))
    line = '#d9dcdf' if idle else '#9aa3ab'
    for i in range(1, cells):
        axes.plot((left + i * cell, ) * 2, (low, low + side), color=line,
                  linewidth=0.6)
        axes.plot((left, left + side), (low + i * cell, ) * 2, color=line,
                  linewidth=0.6)
    axes.add_patch(
        Rectangle((left, low), side, side, fill=False, linewidth=2.2,
                  edgecolor='#c3c8cc' if idle else color,
                  linestyle=(0, (4, 2)) if dashed else '-', zorder=3))
    label(axes, left - 0.06, low + side + 0.02, name, FAINT if idle else color,
          15, ha='left', va='bottom')


def head(axes: Axes, x: float, y: float, index: int, color: str,
         dashed: bool = False) -> None:
    """Draw the head of a level index."""
    box(axes, x, y, 0.86, 0.36, color, HEAD_TINTS[index],
        linestyle='--' if dashed else '-')
    label(axes, x, y, f'head {index}', color, 11.5)


def join_levels(axes: Axes, y: float, first: int, last: int) -> None:
    """Draw the PAN's way from finer to coarser levels."""
    for (x1, side1, _), (x2, side2, _) in zip(
            COLUMNS[first:last], COLUMNS[first + 1:last + 1], strict=True):
        arrow(axes, (x1 + side1 / 2 + 0.04, y), (x2 - side2 / 2 - 0.04, y),
              head=9)


def draw_base_twin(axes: Axes) -> None:
    """Draw the upper half of the training."""
    label(axes, 0.3, TOP + 1.62, 'Base twin', BASE, 16, weight='bold',
          ha='left')
    image(axes, 0.75, TOP, 0.9, BASE)
    label(axes, 0.75, TOP + 0.62, r'$H \times W$', BASE)
    arrow(axes, (1.25, TOP), (2.16, TOP))
    backbone(axes, 2.62, TOP, BASE)
    arrow(axes, (3.72, TOP), (5.58, TOP))
    for i, (x, side, cells) in enumerate(COLUMNS[1:], start=3):
        level(axes, x, TOP, side, cells, f'$P_{i}$', BASE)
        arrow(axes, (x + 0.1, TOP + side / 2 + 0.04), (x + 0.1, TOP + 0.98),
              head=9)
        head(axes, x + 0.1, TOP + 1.18, i, BASE)
    join_levels(axes, TOP, 1, 3)
    label(axes, 5.5, TOP + 1.64, '$L_T$:  poses, boxes, objectness', BASE,
          12.5, ha='left')
    label(axes, 9.86, TOP + 1.64, 'same tint, same head', FAINT, 10,
          ha='right')


def draw_high_twin(axes: Axes) -> None:
    """Draw the lower half of the training."""
    label(axes, 0.3, BOTTOM - 1.62, 'High-resolution twin', HIGH, 16,
          weight='bold', ha='left')
    image(axes, 1.1, BOTTOM - 0.3, 1.6, HIGH)
    label(axes, 1.1, BOTTOM + 0.68, r'$2H \times 2W$', HIGH)
    arrow(axes, (1.94, BOTTOM), (2.16, BOTTOM))
    backbone(axes, 2.62, BOTTOM, HIGH)
    arrow(axes, (3.72, BOTTOM), (3.93, BOTTOM))
    x, side, cells = COLUMNS[0]
    level(axes, x, BOTTOM, side, cells, "$P'_3$", HIGH, idle=True)
    label(axes, x, BOTTOM - 0.84, 'for the PAN only', FAINT, 10.5)
    for i, (x, side, cells) in enumerate(COLUMNS[1:], start=4):
        aux = i == 6
        level(axes, x, BOTTOM, side, cells, f"$P'_{i}$", HIGH, dashed=aux)
        arrow(axes, (x + 0.1, BOTTOM - side / 2 - 0.04),
              (x + 0.1, BOTTOM - 0.98), head=9)
        head(axes, x + 0.1, BOTTOM - 1.18, i, HIGH, dashed=aux)
    join_levels(axes, BOTTOM, 0, 2)
    label(axes, 5.72, BOTTOM - 1.62, "$L'_T$:  poses, boxes, objectness", HIGH,
          12.5, ha='left')
    # The auxiliary level starts from the backbone, past the PAN.
    way = ((2.62, BOTTOM - 0.5), (2.62, BOTTOM - 1.14), (5.36, BOTTOM - 1.14),
           (5.36, BOTTOM - 1.92), (9.86, BOTTOM - 1.92), (9.86, BOTTOM))
    axes.plot(*zip(*way, strict=True), color=HIGH, linewidth=1.5,
              linestyle=(0, (3, 2)))
    arrow(axes, (9.86, BOTTOM), (9.45, BOTTOM), HIGH, 1.5, 10)
    label(axes, 9.86, BOTTOM - 2.1,
          'auxiliary level: one ShuffleBlock, two C3; in training only', HIGH,
          11, ha='right')


def draw_between(axes: Axes) -> None:
    """Draw what joins the twins."""
    middle = (TOP + BOTTOM) / 2 + 0.12
    arrow(axes, (0.75, TOP - 0.5), (0.75, BOTTOM + 0.86), FAINT)
    label(axes, 0.86, middle, 'twice as large,\nbilinear', size=11, ha='left')
    for x in (2.62, 2.69):
        axes.plot((x, x), (TOP - 0.6, BOTTOM + 0.6), color=INK, linewidth=1.2)
    label(axes, 2.82, middle, 'one net,\none set of\nweights', ha='left',
          weight='bold')
    for i, (x, side, _) in enumerate(COLUMNS[1:], start=3):
        arrow(axes, (x, BOTTOM + side / 2 + 0.4), (x, TOP - side / 2 - 0.06),
              DISTILL, 3, 17)
        label(axes, x + 0.16, middle, f"$P'_{i + 1}$\nteaches\n$P_{i}$",
              DISTILL, ha='left', linespacing=1.15)
    gold = '#d79a12'
    label(axes, 4.72, middle, 'same cells,\nsame person,\nsame targets',
          '#8f6300', weight='bold')
    arrow(axes, (5.1, middle + 0.4), (6.0, TOP - 0.1), gold, 1.5, 10,
          connectionstyle='arc3,rad=-0.2', zorder=8)
    arrow(axes, (5.1, middle - 0.4), (6.0, BOTTOM - 0.06), gold, 1.5, 10,
          connectionstyle='arc3,rad=0.2', zorder=8)


def draw_loss(axes: Axes) -> None:
    """Write the loss as a strip at the foot of the training."""
    y = 0.42
    box(axes, 5.08, y, 9.56, 0.6, '#e0e3e6', '#f7f8f9', linewidth=1)
    parts = (('loss  =', INK, 0.55), ('$L_T$', BASE, 1.5), ('+', INK, 1.92),
             ("$L'_T$", HIGH, 2.2), ('+', INK, 2.66),
             (r'$\gamma\,L_P$', DISTILL, 2.94))
    for text, color, x in parts:
        label(axes, x, y, text, color, 14, ha='left')
    label(axes, 4.2, y, r"$L_P=\sum_{i=3}^{5}\,\|P'_{i+1}-P_i\|$", DISTILL,
          14, ha='left')
    label(axes, 6.82, y, "no gradient through the teacher $P'$", DISTILL, 11,
          ha='left')


def draw_inference(axes: Axes) -> None:
    """Draw the pruned net."""
    x = 11.5
    axes.add_patch(
        FancyBboxPatch((10.2, 0.12), 2.68, HEIGHT - 0.24,
                       boxstyle='round,pad=0,rounding_size=0.12',
                       facecolor='#f1f7f4', edgecolor='#c9dfd5', linewidth=1.2))
    label(axes, x, TOP + 1.62, 'Pruned inference', KEPT, 16, weight='bold')
    image(axes, 10.79, TOP, 0.9, KEPT)
    label(axes, 10.79, TOP + 0.62, r'$H \times W$', KEPT)
    arrow(axes, (11.28, TOP), (11.45, TOP), KEPT)
    backbone(axes, 11.84, TOP, KEPT, 0.82, 9.2)
    y = 4.5
    ends = ((10.72, 0.62, 8), (11.43, 0.5, 4), (12.0, 0.4, 2))
    rail = y + 0.62
    axes.plot((12.49, 12.49, ends[0][0]), (TOP - 0.38, rail, rail), color=KEPT,
              linewidth=1.6)
    for i, (place, side, cells) in enumerate(ends, start=3):
        arrow(axes, (place, rail), (place, y + side / 2 + 0.02), KEPT, head=8)
        level(axes, place, y, side, cells, '', KEPT)
        label(axes, place, y - 0.52, f'$P_{i}$', KEPT, 14)
    level(axes, 12.49, y, 0.36, 2, '', FAINT, dashed=True, idle=True)
    label(axes, 12.49, y - 0.52, '$P_6$', FAINT, 14)
    for sign in (-1, 1):
        axes.plot((12.27, 12.71), (y - 0.22 * sign, y + 0.22 * sign),
                  color='#c0392b', linewidth=2.6, zorder=9,
                  solid_capstyle='round')
    arrow(axes, (11.43, y - 0.74), (11.43, 3.3), KEPT)
    label(axes, 11.56, 3.55, 'heads 3, 4, 5', KEPT, 10.5, ha='left')
    image(axes, 11.43, 2.55, 1.4, KEPT, poses=True)
    label(axes, x, 1.05, 'the very net without\nits auxiliary level:\n'
          'training costs nothing\nat inference', linespacing=1.3)


def draw_method() -> Figure:
    """Draw the whole figure."""
    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor='#ffffff')
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
    axes.axis('off')
    draw_base_twin(axes)
    draw_high_twin(axes)
    draw_between(axes)
    draw_loss(axes)
    draw_inference(axes)
    return figure


def main() -> None:
    """Write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--out', type=Path, default=Path(__file__).with_name('method.png'))
    args = parser.parse_args()
    draw_method().savefig(args.out, dpi=150)


if __name__ == '__main__':
    main()
