"""Everything that is wrong with a data set, at once."""
from __future__ import annotations

import math
import os.path as osp
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ..errors import InputError
from ..findings import Finding, Severity, error, errors_of, warning
from ..metainfo import checked_metainfo, metainfo_findings, read_dataset_info
from .annotation_checks import Category, Needs, inspect_annotations
from .annotation_schema import and_others, read_json
from .image_checks import image_findings

# More rounds than there are stages of the checks.
MAX_ROUNDS = 12
# Images of so many records of a finding are worth a look.
EXAMPLES = 4


class Report(NamedTuple):
    """What there is, and what is wrong with it.

    Attributes:
        findings (list[Finding]): Errors first; places as in the file.
        content (dict): The records that are fit to be drawn.
        metainfo (dict | None): The content of the metainfo file, if one was
            given and is whole.
        num_images (int): Images in the file.
        num_annotations (int): Annotations in the file.
        suspects (list[int]): Ids of the first images that a finding is about.
    """
    findings: list[Finding]
    content: dict[str, Any]
    metainfo: dict | None
    num_images: int
    num_annotations: int
    suspects: list[int]

    @property
    def severity(self) -> Severity | None:
        """The worst of the findings, None where there are none."""
        if not self.findings:
            return None
        return (Severity.ERROR if errors_of(self.findings) else Severity.WARNING)


def check_dataset(annotations: str, images: str, metainfo: str | None = None,
                  category: Category = None, decode: bool = False) -> Report:
    """Check annotations, images and metainfo.

    Args:
        annotations (str): The COCO json file.
        images (str): The folder of its images.
        metainfo (str | None): A file with ``dataset_info``.
        category (int | str | Sequence | None): See :class:`Needs`.
        decode (bool): Read all images as a whole; see :func:`image_findings`.

    Returns:
        Report: All findings.

    Raises:
        InputError: The file of annotations cannot be read at all.
    """
    content = read_json(annotations)
    info, findings = _check_metainfo(metainfo)
    needs = Needs(category=category)
    if info is not None:
        crowd_pose = info['dataset_name'] == 'crowdpose'
        needs = Needs(len(info['keypoint_info']), category,
                      crowd_index=crowd_pose, visible_only=crowd_pose,
                      names=[k['name'] for k in info['keypoint_info'].values()])
    # Before the checks, which fill in what is missing.
    handled = list(_handled(content)) if isinstance(content, Mapping) else []
    found, usable = everything_wrong(content, needs)
    findings += found + handled
    if usable['images']:
        findings += _check_images(usable['images'], images, decode)
    findings.sort(key=lambda f: f.severity is not Severity.ERROR)
    return Report(
        findings, usable, info, len(_section(content, 'images')),
        len(_section(content, 'annotations')), _suspects(findings, content))


def _section(content: Any, name: str) -> list:
    """Return a list of the file, empty where there is none."""
    section = content.get(name) if isinstance(content, Mapping) else None
    return section if isinstance(section, list) else []


def _suspects(findings: Sequence[Finding], content: Any) -> list[int]:
    """Name the images of the first records of each finding."""
    keys = dict(images='id', annotations='image_id')
    found: dict[int, None] = {}
    for finding in findings:
        name = finding.place.partition('[')[0]
        for record in finding.records[:EXAMPLES]:
            image = _key(_section(content, name)[record], keys.get(name, ''))
            if image is not None:
                found[image] = None
    return list(found)


def _check_metainfo(path: str | None) -> tuple[dict | None, list[Finding]]:
    """Read and check a file of metainfo; None where it is missing or faulty."""
    if path is None:
        return None, []
    try:
        info = read_dataset_info(path, 'metainfo')
    except InputError as unusable:
        return None, [error('metainfo', str(unusable))]
    findings = [f._replace(place=f'metainfo.{f.place}')
                for f in metainfo_findings(info)]
    return (None if findings else checked_metainfo(info, 'metainfo')), findings


def everything_wrong(content: Any, needs: Needs
                     ) -> tuple[list[Finding], dict[str, Any]]:
    """Check again and again without the records that have a fault.

    :func:`inspect_annotations` ends at the first stage with an error, since
    the later ones build on it.

    Args:
        content (Any): What the json file holds.
        needs (Needs): What it is needed for.

    Returns:
        tuple[list[Finding], dict]: All findings, and the content without the
        records that have an error.
    """
    kept: dict[str, list[int]] = {}
    findings: list[Finding] = []
    nothing: dict[str, Any] = dict(images=[], annotations=[], categories=[])
    for _ in range(MAX_ROUNDS):
        found, whole = inspect_annotations(content, needs)
        findings += [_in_file(f, kept) for f in found]
        if whole is not None:
            return findings, dict(content, annotations=whole.persons)
        faulty: dict[str, set[int]] = {}
        for finding in errors_of(found):
            section = finding.place.partition('[')[0]
            faulty.setdefault(section, set()).update(finding.records)
        if not any(faulty.values()) and not needs.crowd_index:
            return findings, nothing
        content = _without(content, faulty, kept)
        if not content['images'] or not content['categories']:
            return findings, nothing
        # What is missing from here on is missing through its faults.
        needs = replace(needs, labels=False, crowd_index=False)
    return findings, nothing


def _without(content: Mapping, faulty: Mapping[str, set[int]],
             kept: dict[str, list[int]]) -> dict[str, Any]:
    """Leave out records, and the annotations of images that are left out.

    Args:
        content (Mapping): The content so far.
        faulty (Mapping[str, set[int]]): By section the places to leave out.
        kept (dict[str, list[int]]): By section the places in the file of the
            records that are left; brought up to date.
    """
    left = dict(content)
    for section in 'images', 'annotations', 'categories':
        records = content.get(section)
        if not isinstance(records, list):
            continue
        stays = [i for i in range(len(records)) if i not in faulty.get(section, ())]
        places = kept.get(section)
        left[section] = [records[i] for i in stays]
        kept[section] = [places[i] for i in stays] if places else stays
    gone = {_id(content['images'][i]) for i in faulty.get('images', ())}
    if gone and left.get('annotations'):
        there = {_id(image) for image in left['images']}
        lost = {i for i, a in enumerate(left['annotations'])
                if _key(a, 'image_id') in gone - there}
        return _without(left, dict(annotations=lost), kept) if lost else left
    return left


def _id(record: Any) -> Any:
    return _key(record, 'id')


def _key(record: Any, key: str) -> Any:
    """Return a value that can be compared, of a record of any kind."""
    value = record.get(key) if isinstance(record, Mapping) else None
    return value if isinstance(value, (int, str)) else None


def _in_file(finding: Finding, kept: Mapping[str, list[int]]) -> Finding:
    """Name the records by their places in the file."""
    section, bracket, rest = finding.place.partition('[')
    places = kept.get(section)
    if not places:
        return finding
    records = [places[i] for i in finding.records]
    number = re.match(r'\d+', rest)
    if bracket and number:
        rest = f'{places[int(number[0])]}{rest[number.end():]}'
    return finding._replace(place=section + bracket + rest, records=records)


def _check_images(images: Sequence[dict], folder: str, decode: bool) -> list[Finding]:
    """Check the images; those that fail alike share a finding."""
    if not osp.isdir(folder):
        return [error('images', f'{folder}: no such image folder')]
    missing = [i for i, image in enumerate(images)
               if not osp.isfile(osp.join(folder, image['file_name']))]
    findings = []
    if missing:
        first = images[missing[0]]['file_name']
        findings.append(error(
            f'images[{missing[0]}].file_name',
            f'{first}: no such file in {folder}{and_others(len(missing))}',
            missing))
    gone = set(missing)
    there = [i for i in range(len(images)) if i not in gone]
    found = image_findings([images[i] for i in there], folder, decode)
    return findings + _merged(found, there)


def _merged(found: Iterable[Finding], places: Sequence[int]) -> list[Finding]:
    """Join findings about single images: other sizes, and what cannot be read."""
    kinds: dict[str, list[Finding]] = {}
    for finding in found:
        kind = 'size' if ' pixels, and the ' in finding.message else 'unreadable'
        kinds.setdefault(kind, []).append(finding)
    merged = []
    for alike in kinds.values():
        records = [places[f.records[0]] for f in alike]
        merged.append(error(f'images[{records[0]}]', alike[0].message
                            + and_others(len(alike)), records))
    return merged


def _handled(content: Mapping) -> Iterator[Finding]:
    """Warn of what is allowed and handled, and yet often a mistake."""
    persons = [a if isinstance(a, Mapping) else {}
               for a in _section(content, 'annotations')]
    with_mask = [i for i, p in enumerate(persons) if p.get('segmentation')]
    if 0 < len(with_mask) < len(persons):
        yield warning('annotations', f'{len(with_mask)} of {len(persons)} have a '
                      'segmentation; it is not used')
    stray = [i for i, p in enumerate(persons) if _has_stray_point(p)]
    if stray:
        yield warning(
            f'annotations[{stray[0]}].keypoints', 'coordinates that are no '
            'numbers where the visibility is 0; they do not count'
            f'{and_others(len(stray))}', stray)
    zero = [i for i, p in enumerate(persons) if p.get('category_id') == 0]
    if zero:
        yield warning(
            f'annotations[{zero[0]}].category_id', 'is 0, which works here; other '
            f'tools take 0 for the background{and_others(len(zero))}', zero)


def _has_stray_point(person: Mapping) -> bool:
    """Say whether an unlabelled keypoint has coordinates that are no numbers."""
    points = person.get('keypoints')
    if not isinstance(points, list):
        return False
    return any(not visible and (_is_stray(x) or _is_stray(y)) for x, y, visible
               in zip(points[::3], points[1::3], points[2::3]))


def _is_stray(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))
