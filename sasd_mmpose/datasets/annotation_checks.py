"""What can be wrong with a COCO-style annotation file, found before any work.

The data sets and the evaluator read the same files, so both load them here:
the whole file is checked once, what can be filled in is filled in, and what
contradicts itself is named with its place in the file.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..findings import (
    Finding,
    error,
    errors_of,
    log_warnings,
    raise_first_error,
    warning,
)
from .annotation_schema import and_others, read_json, schema_findings

# Share of its box that a person covers. COCO's evaluation code and MMPose use
# it wherever the segment area is not known.
AREA_PER_BOX_AREA = 0.53
# Smaller persons are no training targets, see the pipelines.
MIN_BOX_SIDE = 2
# Farther away than any pixel is; such numbers overflow in the losses.
MAX_COORDINATE = 1e7
# More of these than real data sets have are worth a word.
SUSPICIOUS_SHARE = 0.05

Category = int | str | Sequence[int | str] | None


@dataclass(frozen=True)
class Needs:
    """What a file is needed for.

    Attributes:
        num_keypoints (int | None): Keypoints of the metainfo; None takes the
            number that the first person has.
        category (int | str | Sequence | None): The category of the persons,
            by id or name; several count as one. None takes the only one
            whose records have keypoints.
        labels (bool): Whether there must be a person with a labelled
            keypoint; without, a file without any person will do.
        area (bool): Whether the areas decide a figure.
        crowd_index (bool): Whether each image must have its ``crowdIndex``.
        visible_only (bool): Whether ``num_keypoints`` counts visibility 2
            only, as in CrowdPose, instead of 1 and 2.
        names (Sequence[str]): Of the keypoints, as the metainfo orders them;
            empty where these are not to be compared.
    """
    num_keypoints: int | None = None
    category: Category = None
    labels: bool = True
    area: bool = False
    crowd_index: bool = False
    visible_only: bool = False
    names: Sequence[str] = ()


class AnnotationSet(NamedTuple):
    """The checked content of a file, as COCO's records.

    Attributes:
        images (list[dict]): All images.
        persons (list[dict]): The annotations of persons, with ``bbox``,
            ``keypoints``, ``num_keypoints``, ``iscrowd`` and ``area``, all of
            the category ``category_id``.
        categories (list[dict]): All categories of the file.
        category_id (int): The persons' own.
    """
    images: list[dict]
    persons: list[dict]
    categories: list[dict]
    category_id: int


def load_annotations(path: str, needs: Needs) -> AnnotationSet:
    """Read and check a file; end with its first error, log its warnings.

    Args:
        path (str): The file.
        needs (Needs): What it is needed for.

    Returns:
        AnnotationSet: Its content, with the gaps filled.

    Raises:
        InputError: The file cannot be used; the message says where and why.
    """
    findings, annotations = inspect_annotations(read_json(path), needs)
    raise_first_error(findings, path)
    log_warnings(findings, path)
    return annotations


def inspect_annotations(
        content: Any,
        needs: Needs) -> tuple[list[Finding], AnnotationSet | None]:
    """Find everything that is wrong with a file, and fill in what can be.

    Args:
        content (Any): What the json file holds; its records are changed.
        needs (Needs): What it is needed for.

    Returns:
        tuple[list[Finding], AnnotationSet | None]: What was found, and the
        content unless there is an error.
    """
    findings = list(schema_findings(content))
    if errors_of(findings):
        return findings, None
    annotations = content.get('annotations') or []
    if needs.labels and 'annotations' not in content:
        findings.append(error('annotations', 'not there; give ann_file a '
                              'file with keypoint annotations'))
    findings += _image_findings(content['images'], needs)
    if errors_of(findings):
        return findings, None
    findings += _repeated_files(content['images'])
    findings += _reference_findings(
        content['images'], annotations, content['categories'])
    if errors_of(findings):
        return findings, None
    chosen, more = _person_categories(
        annotations, content['categories'], needs.category)
    findings += more
    if not chosen:
        return findings, None
    table, more = _person_table(content['images'], annotations, chosen, needs)
    findings += more
    if table is None:
        return findings, None
    findings += _name_findings(content['categories'], chosen, table, needs.names)
    findings += _value_findings(table)
    if errors_of(findings):
        return findings, None
    findings += _plausibility_findings(table, needs)
    if errors_of(findings):
        return findings, None
    findings += _fill(table, needs)
    for person in table.records:
        person['category_id'] = chosen[0]
    return findings, AnnotationSet(
        content['images'], table.records, content['categories'], chosen[0])


# ------------------------------------------------------- ids and references


def _image_findings(images: Sequence[dict], needs: Needs) -> list[Finding]:
    """Check that there are images, each with what the evaluation splits by."""
    if not images:
        return [error('images', 'there are none; give ann_file a COCO '
                      'annotation file with images')]
    if not needs.crowd_index:
        return []
    without = [
        i for i, image in enumerate(images)
        if image.get('crowdIndex') is None
        or not np.isfinite(image['crowdIndex'])
    ]
    if not without:
        return []
    return [error(
        f'images[{without[0]}].crowdIndex',
        'there is none, and easy, medium and hard images are told apart by '
        "it; take CrowdPose's own file, or an evaluator with "
        f"iou_type='keypoints'{and_others(len(without))}")]


def _reference_findings(images: Sequence[dict], annotations: Sequence[dict],
                        categories: Sequence[dict]) -> list[Finding]:
    """Check that ids are unique and that those referred to exist."""
    sections = dict(images=images, annotations=annotations, categories=categories)
    findings = [f for section in sections.items() for f in _repeated(*section)]
    for key, section in (('image_id', 'images'), ('category_id', 'categories')):
        known = {record['id'] for record in sections[section]}
        lost = [i for i, a in enumerate(annotations) if a[key] not in known]
        if lost:
            findings.append(error(
                f'annotations[{lost[0]}].{key}',
                f'{annotations[lost[0]][key]} is not the id of any of '
                f'{section}; mend the ids or export the file again'
                f'{and_others(len(lost))}', lost))
    return findings


def _repeated_files(images: Sequence[dict]) -> list[Finding]:
    """Find images that are listed twice: each record has a part of the persons."""
    first: dict[str, int] = {}
    again = [i for i, image in enumerate(images)
             if first.setdefault(image['file_name'], i) != i]
    if not again:
        return []
    name = images[again[0]]['file_name']
    return [warning(
        f'images[{again[0]}].file_name',
        f'{name} is listed before, as images[{first[name]}]; the persons of one '
        'record are background in the other: join the records'
        f'{and_others(len(again))}', again)]


def _repeated(section: str, records: Sequence[dict]) -> list[Finding]:
    """Find the ids that several records of one section have."""
    counts = Counter(record['id'] for record in records)
    if len(counts) == len(records):
        return []
    repeated, count = counts.most_common(1)[0]
    index = [i for i, r in enumerate(records) if r['id'] == repeated][1]
    seen: set[int] = set()
    again = [i for i, r in enumerate(records) if r['id'] in seen or seen.add(r['id'])]
    others = sum(n > 1 for n in counts.values())
    return [error(
        f'{section}[{index}].id',
        f'the id {repeated} occurs {count} times, and must be unique in '
        f'{section}; number them anew{and_others(others)}', again)]


def _person_categories(
        annotations: Sequence[dict], categories: Sequence[dict],
        wanted: Category) -> tuple[list[int], list[Finding]]:
    """Find out which categories are the persons.

    Returns:
        tuple[list[int], list[Finding]]: Their ids, empty with an error.
    """
    names = {c['id']: c.get('name', '') for c in categories}
    listed = ', '.join(f'{id_} {name!r}' for id_, name in names.items())
    if wanted is not None:
        several = not isinstance(wanted, int | str)
        chosen = [id_ for one in (wanted if several else [wanted])
                  for id_, name in names.items() if one in (id_, name)]
        if not chosen:
            return [], [error('categories', f'category={wanted!r} is none of '
                              f'those there are: {listed}')]
        return chosen, []
    chosen = sorted({a['category_id'] for a in annotations if a.get('keypoints')})
    if len(chosen) > 1:
        found = ', '.join(f'{id_} {names[id_]!r}' for id_ in chosen)
        return [], [error(
            'categories', f'{len(chosen)} have keypoints ({found}); name '
            'the one of the persons, as category=... of the data set and of '
            'the evaluator, or all of them as a list, to be counted as one')]
    if not chosen:
        # Nobody is labelled, so that it does not matter much.
        chosen = ([id_ for id_, name in names.items() if name == 'person']
                  or list(names))[:1]
    if not chosen:
        return [], [error('categories', 'there are none; list the category '
                          "of the persons, as [{'id': 1, 'name': 'person'}]")]
    return chosen, []


# ------------------------------------------------------------------ persons


class PersonTable(NamedTuple):
    """The persons of a file, as records and as arrays.

    Attributes:
        records (list[dict]): Their annotations.
        indices (list[int]): Where these stand among the annotations.
        boxes (np.ndarray): x, y, width and height in pixels, ``(n, 4)``.
        keypoints (np.ndarray): x, y and visibility, ``(n, K, 3)``; NaN
            where the file has null.
        sizes (np.ndarray): Width and height of their images, ``(n, 2)``.
    """
    records: list[dict]
    indices: list[int]
    boxes: np.ndarray
    keypoints: np.ndarray
    sizes: np.ndarray

    @property
    def labelled(self) -> np.ndarray:
        """Which keypoints are labelled, ``(n, K)``."""
        return self.keypoints[..., 2] > 0

    def place(self, person: int, key: str) -> str:
        """Name a key of a person's record."""
        return f'annotations[{self.indices[person]}].{key}'

    def positions(self, persons: Sequence[int] | np.ndarray) -> list[int]:
        """Return where persons stand among the annotations."""
        return [self.indices[int(person)] for person in persons]


def _person_table(images: Sequence[dict], annotations: Sequence[dict],
                  chosen: Sequence[int],
                  needs: Needs) -> tuple[PersonTable | None, list[Finding]]:
    """Collect the persons; None where one has no box or other keypoints."""
    indices = [i for i, a in enumerate(annotations) if a['category_id'] in chosen]
    records = [annotations[i] for i in indices]
    given = next((len(r['keypoints']) for r in records if r.get('keypoints')), 0)
    length = given if needs.num_keypoints is None else 3 * needs.num_keypoints
    findings = []
    if length % 3:
        findings.append(error(
            'annotations', f'the first person has {length} numbers in '
            'keypoints, and each keypoint needs x, y and visibility'))
    others = [i for i, r in enumerate(records)
              if r.get('keypoints') and len(r['keypoints']) != length]
    if others:
        findings.append(error(
            f'annotations[{indices[others[0]]}].keypoints',
            f'{len(records[others[0]]["keypoints"])} numbers, where {length} '
            'belong (x, y, visibility of each of the '
            f'{length // 3} keypoints in the metainfo); mend the file or set '
            "the data set's metainfo to the one of this file"
            f'{and_others(len(others))}', [indices[i] for i in others]))
    boxless = [i for i, r in enumerate(records) if len(r.get('bbox', ())) != 4]
    if boxless:
        findings.append(error(
            f'annotations[{indices[boxless[0]]}].bbox',
            f'a person needs four numbers: x, y, width, height; here are '
            f'{records[boxless[0]].get("bbox", "none")}'
            f'{and_others(len(boxless))}', [indices[i] for i in boxless]))
    if findings:
        return None, findings
    for record in records:
        record['keypoints'] = record.get('keypoints') or [0] * length
    sizes = {image['id']: (image['width'], image['height']) for image in images}

    def array(rows: list, *shape: int) -> np.ndarray:
        return np.array(rows, dtype=np.float64).reshape(len(records), *shape)

    return PersonTable(
        records, indices,
        boxes=array([r['bbox'] for r in records], 4),
        keypoints=array([r['keypoints'] for r in records], length // 3, 3),
        sizes=array([sizes[r['image_id']] for r in records], 2)), []


def _name_findings(categories: Sequence[dict], chosen: Sequence[int],
                   table: PersonTable, names: Sequence[str]) -> list[Finding]:
    """Compare the names that the categories list with persons and metainfo."""
    findings = []
    count = table.keypoints.shape[1]
    for index, category in enumerate(categories):
        listed = category.get('keypoints')
        if category['id'] not in chosen or not isinstance(listed, list) or not listed:
            continue
        place = f'categories[{index}].keypoints'
        if table.records and len(listed) != count:
            findings.append(warning(
                place, f'{len(listed)} names, and the persons have {count} '
                'keypoints; the names are not used'))
        elif Counter(map(str, listed)) == Counter(names) and listed != [*names]:
            found, wanted = next(pair for pair in zip(listed, names)
                                 if pair[0] != pair[1])
            findings.append(error(
                place, f'the names have another order than in the metainfo ({found!r} '
                f'where that has {wanted!r}); put both into the order of the labels'))
    return findings


def _value_findings(table: PersonTable) -> list[Finding]:
    """Check boxes, visibilities, labelled coordinates, areas and crowds."""
    boxes, points = table.boxes, table.keypoints
    visibility = points[..., 2]
    bad_box = ~(np.abs(boxes) <= MAX_COORDINATE).all(1)
    negative = ~bad_box & (boxes[:, 2:] < 0).any(1)
    bad_visibility = ~np.isin(visibility, (0, 1, 2))
    off = ~(np.abs(points[..., :2]) <= MAX_COORDINATE)
    off &= table.labelled[..., None] & ~bad_visibility[..., None]
    findings = []

    def add(persons: np.ndarray, key: str, message: str) -> None:
        first = int(persons[0])
        findings.append(error(
            table.place(first, key),
            message.format(*[table.records[first].get(key)])
            + and_others(len(persons)), table.positions(persons)))

    if bad_box.any():
        add(np.flatnonzero(bad_box), 'bbox', '{} must be four finite numbers '
            'in pixels: x, y, width, height')
    if negative.any():
        add(np.flatnonzero(negative), 'bbox', '{} has a negative width or '
            'height; it must be x, y, width, height')
    for wrong, message, offset in (
            (bad_visibility, 'is no visibility; it must be 0 (not '
             'labelled), 1 (hidden) or 2 (visible)', 2),
            (off[..., 0], 'is no pixel coordinate of a labelled '
             'keypoint; mend it, or set its visibility to 0', 0),
            (off[..., 1], 'is no pixel coordinate of a labelled '
             'keypoint; mend it, or set its visibility to 0', 1)):
        if wrong.any():
            person, keypoint = (int(i) for i in np.argwhere(wrong)[0])
            index = 3 * keypoint + offset
            value = table.records[person]['keypoints'][index]
            findings.append(error(
                table.place(person, f'keypoints[{index}]'),
                f'{"null" if value is None else value} {message}'
                f'{and_others(int(wrong.any(1).sum()))}',
                table.positions(np.flatnonzero(wrong.any(1)))))
    areas = np.array([r.get('area') or 0 for r in table.records], np.float64)
    bad_area = np.flatnonzero(~((areas >= 0) & np.isfinite(areas)))
    if len(bad_area):
        add(bad_area, 'area', '{} must be a number of pixels, or be left out')
    crowds = np.array([r.get('iscrowd') or 0 for r in table.records])
    if (~np.isin(crowds, (0, 1))).any():
        add(np.flatnonzero(~np.isin(crowds, (0, 1))), 'iscrowd', '{} must be 0 or 1')
    counts = np.array([r.get('num_keypoints') or 0 for r in table.records], np.float64)
    bad_count = np.flatnonzero(~((counts >= 0) & np.isfinite(counts)))
    if len(bad_count):
        add(bad_count, 'num_keypoints', '{} is no number of keypoints')
    return findings


def _plausibility_findings(table: PersonTable, needs: Needs) -> list[Finding]:
    """Look for coordinates that cannot be meant in pixels of the image."""
    labelled, boxes = table.labelled, table.boxes
    count = len(table.records)
    findings = []
    if needs.labels and not labelled.any():
        findings.append(error(
            'annotations', f'none of its {count} persons has a labelled '
            'keypoint (visibility 1 or 2); give ann_file a file with '
            'keypoint annotations'))
    if not labelled.any():
        return findings
    findings += _normalised(table)
    if errors_of(findings):
        return findings
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    inside = np.clip(high, 0, table.sizes) - np.clip(low, 0, table.sizes)
    sides = inside.min(axis=1)
    small = (sides > 0) & (sides < MIN_BOX_SIDE)
    xy = table.keypoints[..., :2]
    with np.errstate(invalid='ignore'):
        out_of_image = labelled & ((xy < -1) | (xy > table.sizes[:, None] + 1)).any(-1)
        in_box = labelled & ((xy >= low[:, None] - 2) & (
            xy <= high[:, None] + 2)).all(-1)
    elsewhere = (sides > 0) & labelled.any(1) & ~in_box.any(1)
    beyond = ((low < -2) | (high > table.sizes + 2)).any(1)

    def add(persons: np.ndarray, key: str, message: str) -> None:
        findings.append(warning(
            table.place(int(np.flatnonzero(persons)[0]), key),
            f'{_one_of(int(persons.sum()), count)} {message}',
            table.positions(np.flatnonzero(persons))))

    if needs.labels and (sides <= 0).all():
        findings.append(error(
            table.place(0, 'bbox'), f'none of the {count} persons has a box '
            'inside its image (x, y, width, height in pixels); mend the boxes '
            'or export the file again', table.positions(range(count))))
    elif (sides <= 0).any():
        add(sides <= 0, 'bbox', 'with a box of zero size inside their image; '
            'they are left out of training')
    if small.any():
        add(small, 'bbox', f'of less than {MIN_BOX_SIDE} pixels inside their '
            'image; nobody so small is learnt')
    if beyond.mean() > SUSPICIOUS_SHARE:
        add(beyond, 'bbox', 'whose box reaches beyond the image; a box is x, '
            'y, width, height, not two corners')
    if elsewhere.mean() > SUSPICIOUS_SHARE:
        add(elsewhere, 'keypoints', 'without a labelled keypoint inside their '
            'box; check that both are in pixels of the same image')
    if out_of_image.sum() > SUSPICIOUS_SHARE * labelled.sum():
        add(out_of_image.any(1), 'keypoints', 'with labelled keypoints '
            'outside the image; check its width and height')
    return findings


def _one_of(count: int, total: int) -> str:
    """Name one person of those that have the same fault."""
    return f'one of {count} (of {total}) persons' if count > 1 else (
        f'one person (of {total})')


def _normalised(table: PersonTable) -> list[Finding]:
    """Find coordinates from 0 to 1 where pixels belong."""
    persons = table.labelled.any(1) & (table.sizes.max(1) > 2 * MIN_BOX_SIDE)
    if not persons.any():
        return []
    sides = table.boxes[persons, 2:]
    advice = ('the coordinates look normalised (0 to 1): multiply them by '
              "the image's width and height")
    if 0 < sides.max() < MIN_BOX_SIDE:
        return [error('annotations', f'all {len(sides)} persons are smaller '
                      f'than {MIN_BOX_SIDE} pixels; {advice}')]
    xy = table.keypoints[persons][table.labelled[persons]][:, :2]
    if (np.abs(xy) < MIN_BOX_SIDE).all() and sides.max() >= 2 * MIN_BOX_SIDE:
        return [error('annotations', 'all labelled keypoints are within '
                      f'{MIN_BOX_SIDE} pixels of the corner; {advice}')]
    return []


def _fill(table: PersonTable, needs: Needs) -> list[Finding]:
    """Fill in what records lack; unlabelled coordinates become 0."""
    unlabelled = table.keypoints[..., 2] == 0
    stray = (~(np.abs(table.keypoints[..., :2]) <= MAX_COORDINATE)).any(-1)
    for person in np.flatnonzero((unlabelled & stray).any(1)):
        points = table.keypoints[person]
        points[unlabelled[person] & stray[person]] = 0
        table.records[person]['keypoints'] = points.reshape(-1).tolist()
    counted = table.keypoints[..., 2]
    counts = (counted == 2 if needs.visible_only else counted > 0).sum(1)
    without_area, other_count = [], []
    for i, (record, count) in enumerate(
            zip(table.records, counts.tolist(), strict=True)):
        record['iscrowd'] = int(record.get('iscrowd') or 0)
        stated = record.get('num_keypoints')
        if stated is None:
            record['num_keypoints'] = count
        elif not needs.visible_only and (stated > 0) != (count > 0):
            record['num_keypoints'] = count
            other_count.append(i)
        _, _, width, height = record['bbox']
        if not record.get('area'):
            record['area'] = AREA_PER_BOX_AREA * width * height
            without_area.append(i)
    findings = []
    total = len(table.records)
    if without_area and needs.area:
        findings.append(warning(
            table.place(without_area[0], 'area'),
            f'{_one_of(len(without_area), total)} that have no '
            f'area; {AREA_PER_BOX_AREA} x box area is used for them',
            table.positions(without_area)))
    if other_count:
        findings.append(warning(
            table.place(other_count[0], 'num_keypoints'),
            f'{_one_of(len(other_count), total)} whose number '
            'contradicts their visibilities, which are counted instead',
            table.positions(other_count)))
    return findings
