"""The types of a COCO-style annotation file, and reading one.

msgspec is chosen for its speed: 262 thousand records, as many as COCO's
training set has, are checked in 2.5 s of CPU time.
"""
from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec
from mmengine import fileio

from ..errors import InputError
from ..findings import Finding, error

Id = Annotated[int, msgspec.Meta(ge=-2**63, le=2**63 - 1)]
Pixels = Annotated[float, msgspec.Meta(gt=0)]


class ImageRecord(msgspec.Struct):
    """One of ``images``."""
    id: Id
    file_name: str
    width: Pixels
    height: Pixels
    crowdIndex: float | None = None  # noqa: N815  (CrowdPose's key)


class AnnotationRecord(msgspec.Struct):
    """One of ``annotations``; only persons need a box and keypoints.

    Coordinates may be null, since those of a keypoint with visibility 0 do
    not count.
    """
    id: Id
    image_id: Id
    category_id: Id
    bbox: list[float] | msgspec.UnsetType = msgspec.UNSET
    keypoints: list[float | None] | msgspec.UnsetType = msgspec.UNSET
    num_keypoints: float | None = None
    area: float | None = None
    iscrowd: int | bool | None = None


class CategoryRecord(msgspec.Struct):
    """One of ``categories``."""
    id: Id
    name: str = ''


SECTIONS = dict(images=ImageRecord, annotations=AnnotationRecord,
                categories=CategoryRecord)


def read_json(path: str) -> Any:
    """Read a json file from wherever MMEngine can read files.

    Args:
        path (str): The file.

    Returns:
        Any: Its content. NaN and infinity, which are no json but which Python
        writes, are read.

    Raises:
        InputError: It is missing, cannot be read, or is no json.
    """
    try:
        text = fileio.get(path)
    except FileNotFoundError as missing:
        raise InputError(
            f'{path}: no such annotation file; put the data set there, or '
            'set SASD_DATA_ROOT to the folder that holds it') from missing
    except OSError as unreadable:
        raise InputError(
            f'{path}: cannot be read ({unreadable.strerror or unreadable}); '
            'check ann_file and its permissions') from unreadable
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_leniently(path, text)


def _read_leniently(path: str, text: bytes) -> Any:
    """Read what the standard library takes for json; see :func:`read_json`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise InputError(f'{path}: not a json file ({wrong}); fetch or '
                         'export it again') from wrong


def schema_findings(content: Any) -> Iterator[Finding]:
    """Check the types of all records.

    Args:
        content (Any): What a json file holds.

    Yields:
        Finding: An error for each key that is missing or of another type;
        records with the same fault share one, which names the first.
    """
    if not isinstance(content, dict):
        yield error('the file', 'not a COCO annotation file; it must be one '
                    'object with images, annotations and categories')
        return
    for section, record_type in SECTIONS.items():
        records = content.get(section)
        if section == 'annotations' and section not in content:
            # Lists of images to be tested have none.
            continue
        if not isinstance(records, list):
            yield error(section, 'not a COCO annotation file; it needs a '
                        f"list under the key '{section}'")
            continue
        yield from _record_findings(section, records, record_type)


def _record_findings(section: str, records: Sequence[Any],
                     record_type: type) -> Iterator[Finding]:
    """Check one section as a whole and, if need be, record by record."""
    try:
        msgspec.convert(records, list[record_type])
        return
    except (msgspec.ValidationError, RecursionError):
        pass
    faults: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for index, record in enumerate(records):
        try:
            msgspec.convert(record, record_type)
        except msgspec.ValidationError as invalid:
            key, message = _parse(str(invalid))
            kind = re.sub(r'\d+', '', key), message
            faults.setdefault(kind, []).append((index, key))
    for (_, message), places in faults.items():
        index, key = places[0]
        yield error(f'{section}[{index}]{key}',
                    message + and_others(len(places)), [i for i, _ in places])


def _parse(message: str) -> tuple[str, str]:
    """Split msgspec's message into the key and what is wrong with it."""
    text, _, path = message.partition(' - at `$')
    missing = re.fullmatch(r'Object missing required field `(\w+)`', text)
    if missing:
        return path.rstrip('`'), f"lacks the key '{missing[1]}'"
    text = text.replace('`', '')
    return path.rstrip('`'), text[0].lower() + text[1:]


def and_others(count: int) -> str:
    """Say how many records have the fault of the one that is named."""
    return f' (one of {count} such records)' if count > 1 else ''
