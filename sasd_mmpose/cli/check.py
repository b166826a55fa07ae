"""Say everything that is wrong with a data set, at once.

Checks a COCO annotation file, its images and its metainfo, as training and
testing do, but does not end with the first fault. Prints a table, and writes a
page with the labels drawn on some of the images; it opens from the disk.

The exit status is 0 where nothing is wrong, 1 with warnings only, and 2 with
errors.
"""
from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    from ..datasets.dataset_report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command line takes."""
    parser.add_argument('annotations', help="json file in COCO's format")
    parser.add_argument('--images', required=True, help='folder of the images')
    parser.add_argument(
        '--metainfo', help="file with the data set's dataset_info: names, "
        "sigmas, bones; one of MMPose's own by its name, as coco.py")
    parser.add_argument(
        '--category', action='append', help='name or id of the category with '
        'the keypoints, where several have some; may be given again')
    parser.add_argument(
        '--decode', action='store_true',
        help='read all images as a whole: finds files that are cut short, in '
        'milliseconds for each')
    parser.add_argument(
        '--sheet', default='check.html',
        help='page to write (default: %(default)s)')
    parser.add_argument(
        '--num', type=int, default=24,
        help='images on the page (default: %(default)s)')


def run(args: argparse.Namespace) -> int:
    """Check, and return the exit status."""
    from .. import registration  # noqa: F401  (before MMPose)
    from ..datasets.dataset_report import check_dataset
    from ..findings import Severity
    if args.num < 0:
        raise InputError(f'--num {args.num}: must be 0 or more')
    category = [int(c) if c.isdecimal() else c for c in args.category or ()]
    report = check_dataset(args.annotations, args.images, args.metainfo,
                           category or None, args.decode)
    print_table(report)
    write_sheet(Path(args.sheet), report, args)
    return {None: 0, Severity.WARNING: 1, Severity.ERROR: 2}[report.severity]


def print_table(report: Report) -> None:
    """Print what was found."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text
    print(f'{report.num_images} images, {report.num_annotations} annotations: '
          + ('nothing is wrong' if not report.findings else
             f'{len(report.findings)} kind{"s"[:len(report.findings) != 1]} of faults'))
    if not report.findings:
        return
    table = Table()
    for column in 'severity', 'records', 'first':
        table.add_column(column, no_wrap=column != 'first', overflow='fold')
    table.add_column('what is wrong', overflow='fold', ratio=1)
    for finding in report.findings:
        table.add_row(
            finding.severity.value, str(len(finding.records) or ''),
            Text(finding.place), Text(finding.message))
    Console().print(table)


def write_sheet(path: Path, report: Report, args: argparse.Namespace) -> None:
    """Write the page with the drawn labels."""
    from ..visualization.contact_sheet import contact_sheet
    page = contact_sheet(
        Path(args.annotations).name, report.findings, report.content, args.images,
        drawing_of(report), args.num, report.suspects)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding='utf-8', errors='backslashreplace')
    except OSError as error:
        raise InputError(f'{path}: cannot be written ({error.strerror}); name '
                         'another file with --sheet') from error
    print(f'labels drawn: {path}')


def drawing_of(report: Report) -> dict[str, Any]:
    """Return bones and colours, from the metainfo or from the file itself."""
    from ..metainfo import parse_metainfo
    from ..visualization.contact_sheet import plain_drawing
    if report.metainfo is not None:
        return parse_metainfo(report.metainfo, 'metainfo')
    length = max((len(a['keypoints']) for a in report.content['annotations']),
                 default=0)
    count = length // 3
    bones = (bone for category in report.content['categories']
             for bone in _list(category.get('skeleton')))
    # COCO counts the ends from 1.
    return plain_drawing(count, [
        (bone[0] - 1, bone[1] - 1) for bone in bones
        if len(_list(bone)) == 2
        and all(end in range(1, count + 1) for end in bone)])


def _list(value: Any) -> list:
    return value if isinstance(value, list) else []
