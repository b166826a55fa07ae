"""COCO exports of labelling tools, taken as they come."""
from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import InputError
from .metainfo_files import KeypointSet
from .yolo_labels import IMAGE_SUFFIXES


def read_coco_export(path: str | Path) -> dict[str, Any]:
    """Read a COCO file of CVAT, Label Studio, Roboflow or another tool.

    Raises:
        InputError: It is no such file.
    """
    path = Path(path)
    try:
        # Of bytes, json tells the encoding, and passes over a byte-order mark.
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f'{path}: cannot be read as json ({error})') from error
    if not isinstance(content, dict) or not all(
            isinstance(content.get(key), list)
            for key in ('images', 'annotations', 'categories')):
        raise InputError(f'{path}: not a COCO file: it must be an object with '
                         'lists of images, annotations and categories')
    return content


def tidy(content: dict[str, Any], path: Path,
         image_folder: Path) -> tuple[dict[str, Any], KeypointSet]:
    """Make of an export what training and evaluation take.

    Ids become numbers counted from 1. Of the categories, those with keypoints
    stay. Images are looked for in the folder by their file name, also where the
    tool has put a folder or a prefix before it.

    Args:
        content (dict): See :func:`read_coco_export`.
        path (Path): Where it comes from, for messages.
        image_folder (Path): Folder with the images.

    Returns:
        tuple[dict, KeypointSet]: The COCO content, and its keypoints.

    Raises:
        InputError: No category has keypoints, categories differ in theirs, or
            an image is not there.
    """
    category, keypoints = _keypoints(content, path)
    try:
        images = {image['id']: image for image in content['images']}
        labelled = [a for a in content['annotations']
                    if a['category_id'] in category and a.get('keypoints')]
        strangers = {a['image_id'] for a in labelled} - images.keys()
    except (KeyError, TypeError) as error:
        raise InputError(f'{path}: a record lacks {error}') from error
    if len(images) < len(content['images']):
        twice, = Counter(i['id'] for i in content['images']).most_common(1)
        raise InputError(f'{path}: image id {twice[0]!r} occurs {twice[1]} times')
    if strangers:
        raise InputError(f'{path}: annotations of image {min(strangers, key=str)!r}'
                         ', which is not among its images')
    files = _find_files([str(i.get('file_name')) for i in images.values()],
                        image_folder, path)
    numbers = {old: new for new, old in enumerate(images, start=1)}
    return dict(
        images=[dict(image, id=numbers[image['id']], file_name=file)
                for image, file in zip(images.values(), files, strict=True)],
        annotations=[
            dict(a, id=number, image_id=numbers[a['image_id']],
                 category_id=category[a['category_id']])
            for number, a in enumerate(labelled, start=1)],
        categories=[dict(c, id=category[c['id']]) for c in content['categories']
                    if c['id'] in category]), keypoints


def _keypoints(content: dict[str, Any],
               path: Path) -> tuple[dict[Any, int], KeypointSet]:
    """Number the categories with keypoints anew, and read their keypoints."""
    chosen = [c for c in content['categories']
              if isinstance(c, dict) and 'id' in c and c.get('keypoints')]
    if any(not isinstance(c['keypoints'], list) for c in chosen):
        raise InputError(f'{path}: keypoints of a category must list their names')
    if not chosen:
        raise InputError(f'{path}: no category lists its keypoints; '
                         + _how_to_list_them(content['annotations']))
    names = [str(name) for name in chosen[0]['keypoints']]
    for other in chosen[1:]:
        if [str(name) for name in other['keypoints']] != names:
            raise InputError(
                f'{path}: categories {chosen[0].get("name")} and '
                f'{other.get("name")} have different keypoints; export one')
    if len(set(names)) < len(names):
        raise InputError(f'{path}: a category has the keypoint '
                         f'{Counter(names).most_common(1)[0][0]!r} twice')
    try:  # COCO counts the ends of bones from 1.
        bones = [(int(a) - 1, int(b) - 1)
                 for a, b in chosen[0].get('skeleton') or []]
    except (TypeError, ValueError) as error:
        raise InputError(f'{path}: its skeleton must be a list of pairs of '
                         f'numbers ({error})') from error
    if any(not 0 <= end < len(names) for bone in bones for end in bone):
        raise InputError(f'{path}: its skeleton names a keypoint that is not '
                         f'there; numbers count from 1 to {len(names)}')
    return ({c['id']: number for number, c in enumerate(chosen, start=1)},
            KeypointSet(names, bones))


def _how_to_list_them(annotations: Sequence[Any]) -> str:
    """Say what to do about categories without the names of keypoints."""
    counts = {len(a['keypoints']) // 3 for a in annotations
              if isinstance(a, dict) and isinstance(a.get('keypoints'), list)}
    if max(counts, default=0) > 1:  # Label Studio: points, but not their names
        return (f'give one "keypoints": [...] with {max(counts)} names, in the '
                'order of its annotations')
    if counts == {1}:
        return ('each annotation is one point, which belongs to nobody; group '
                'the points of a person in the tool')
    return 'export as "COCO keypoints"'


def _find_files(names: Sequence[str], folder: Path, path: Path) -> list[str]:
    """Find each image in the folder; see :func:`tidy`."""
    if not folder.is_dir():
        raise InputError(f'{folder}: no such image folder')
    there: dict[str, list[str]] = {}
    for file in sorted(folder.rglob('*')):
        if file.suffix.lower() in IMAGE_SUFFIXES:
            there.setdefault(file.name, []).append(
                file.relative_to(folder).as_posix())
    found = []
    for name in names:
        plain = PurePosixPath(name.replace('\\', '/'))
        # Label Studio puts eight digits of an id before the name of an upload.
        bare = re.sub(r'^[0-9a-f]{8}-', '', plain.name)
        matches = (there.get(plain.name) or there.get(bare) or [])
        exact = [m for m in matches if plain.as_posix().endswith(m)]
        if len(exact or matches) != 1:
            raise InputError(
                f'{path}: image {name}: ' + (
                    f'{len(matches)} files of this name are' if matches
                    else 'no such file is') + f' in {folder}')
        found.append((exact or matches)[0])
    return found
