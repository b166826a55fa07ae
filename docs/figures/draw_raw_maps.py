"""Draw docs/figures/raw_maps.png: what the channels of a raw map are."""
from __future__ import annotations

import argparse
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from sasd_mmpose.visualization import style

WIDTH, HEIGHT = 11.0, 5.6  # inches, and the units of all coordinates below
BOX, OBJECT, POINT = '#cfe3f3', '#f6d9c6', '#dff0dc'
EDGE = style.INK
# Fields of an anchor: label, colour, width.
FIELDS = [('x', BOX, 0.5), ('y', BOX, 0.5), ('w', BOX, 0.5), ('h', BOX, 0.5),
          ('object', OBJECT, 0.75),
          ('x', POINT, 0.5), ('y', POINT, 0.5), ('conf', POINT, 0.62),
          ('…', '#ffffff', 0.6),
          ('x', POINT, 0.5), ('y', POINT, 0.5), ('conf', POINT, 0.62)]
STRIP_LEFT, STRIP_BOTTOM, STRIP_HEIGHT = 4.1, 2.35, 0.55
FORMULAS = (
    (r'centre of the box  $=(2\,\sigma(t)-0.5+\mathrm{cell})\cdot\mathrm{stride}$',
     r'size of the box  $=(2\,\sigma(t))^2\cdot\mathrm{anchor}$'),
    (r'score of the person  $=\sigma(t)$',
     r'keypoint  $=(2\,t-0.5+\mathrm{cell})\cdot\mathrm{stride}$,'
     r'   its score  $=\sigma(t)$'))


def text(axes: Axes, x: float, y: float, words: str, size: float = 9.5,
         **look) -> None:
    """Write text around a point."""
    axes.text(x, y, words, fontsize=size, **{
        'ha': 'center', 'va': 'center', 'color': style.INK, **look})


def draw_map(axes: Axes, left: float, bottom: float, cells: int, side: float,
             title: str) -> None:
    """Draw a map as three slabs of channels, one for each anchor."""
    depth = 0.2
    for anchor in (2, 1, 0):
        x, y = left + anchor * depth, bottom + anchor * depth
        order = 3 - anchor  # the first in front
        axes.add_patch(Rectangle((x, y), side, side, facecolor=style.PAPER,
                                 edgecolor=EDGE, linewidth=1, zorder=order))
        thin = dict(color=style.FAINT, linewidth=0.4, zorder=order)
        for i in range(1, cells):
            offset = side * i / cells
            axes.plot([x + offset] * 2, [y, y + side], **thin)
            axes.plot([x, x + side], [y + offset] * 2, **thin)
    text(axes, left + side / 2, bottom - 0.22, title)


def draw_strip(axes: Axes) -> None:
    """Draw the fields of one anchor in one cell, and what they become."""
    x = STRIP_LEFT
    edges = [x]
    for label, color, width in FIELDS:
        axes.add_patch(Rectangle((x, STRIP_BOTTOM), width, STRIP_HEIGHT,
                                 facecolor=color, edgecolor=EDGE, linewidth=1))
        text(axes, x + width / 2, STRIP_BOTTOM + STRIP_HEIGHT / 2, label)
        x += width
        edges.append(x)
    top = STRIP_BOTTOM + STRIP_HEIGHT + 0.17
    for first, last, label in ((0, 4, 'box'), (5, 8, 'keypoint 0'),
                               (9, 12, 'keypoint K − 1')):
        middle = (edges[first] + edges[last]) / 2
        axes.plot([edges[first] + 0.05, edges[last] - 0.05], [top - 0.08] * 2,
                  color=style.INK, linewidth=1)
        text(axes, middle, top + 0.08, label)
    for field, number in enumerate((*range(8), None, None, None, '4 + 3K')):
        if number is not None:
            text(axes, (edges[field] + edges[field + 1]) / 2,
                 STRIP_BOTTOM - 0.15, str(number), 8, color=style.FAINT)
    text(axes, STRIP_LEFT - 0.1, STRIP_BOTTOM - 0.15, 'field', 8,
         color=style.FAINT, ha='right')
    for column, lines in enumerate(FORMULAS):
        for row, line in enumerate(lines):
            text(axes, STRIP_LEFT + 3.15 * column, 1.35 - 0.45 * row, line, 9,
                 ha='left')


def draw_raw_maps() -> Figure:
    """Draw the whole figure."""
    figure = Figure((WIDTH, HEIGHT), facecolor=style.PAPER)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
    axes.set_axis_off()
    text(axes, 0.35, 5.25, 'A raw map per level: logits, A · (5 + 3K) channels, '
         'row by row', 12, ha='left', weight='bold')
    draw_map(axes, 0.45, 2.6, 8, 1.75, 'out0, stride 8')
    draw_map(axes, 0.45, 0.95, 4, 0.85, 'out1, stride 16')
    draw_map(axes, 2.25, 1.0, 2, 0.45, 'out2, stride 32')
    # One cell of the first anchor, and what it holds.
    cell = 1.75 / 8
    left, bottom = 0.45 + 5 * cell, 2.6 + 5 * cell
    axes.add_patch(Rectangle((left, bottom), cell, cell, facecolor=style.HIGH,
                             edgecolor=EDGE, linewidth=1, zorder=4))
    end = STRIP_LEFT + sum(width for _, _, width in FIELDS)
    top = STRIP_BOTTOM + STRIP_HEIGHT + 0.5
    axes.add_patch(Polygon(
        [(left + cell, bottom + cell), (STRIP_LEFT, top), (end, top)],
        closed=True, facecolor=style.HIGH, alpha=0.13, edgecolor='none',
        zorder=4))
    text(axes, 7.1, 4.5, 'anchor a of a cell:  channel = a · (5 + 3K) + field',
         10.5)
    text(axes, 7.1, 4.12, 'a slab is an anchor, its thickness its 5 + 3K channels',
         9, color=style.FAINT)
    draw_strip(axes)
    text(axes, STRIP_LEFT, 0.35, 'cell = (column, row) from the upper left; stride '
         'and anchor in pixels of the network input', 9, ha='left',
         color=style.FAINT)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path,
                        default=Path(__file__).with_name('raw_maps.png'))
    draw_raw_maps().savefig(parser.parse_args().out, dpi=140)


if __name__ == '__main__':
    main()
