"""YOLO-pose labels, a text file per image, as COCO annotations."""
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import InputError
from ..images import UnreadableImage, read_image
from .metainfo_files import KeypointSet
from .transforms.image_size import stored_size

SPLITS = ('train', 'val', 'test')
IMAGE_SUFFIXES = frozenset(
    ('.bmp', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp'))


@dataclass
class YoloDataset:
    """What a YOLO-pose yaml file says.

    Attributes:
        file (Path): The yaml file.
        splits (dict[str, list[Path]]): Images of ``train``, ``val``, ``test``.
        classes (list[str]): Names of the classes.
        keypoints (KeypointSet): The keypoints of each object.
        values (int): Numbers per keypoint: 2, or 3 with the visibility.
    """
    file: Path
    splits: dict[str, list[Path]]
    classes: list[str]
    keypoints: KeypointSet
    values: int


def read_yolo_yaml(path: str | Path) -> YoloDataset:
    """Read a data set's yaml file and list its images.

    Args:
        path (str | Path): The file: ``path``, ``train``, ``val``, ``names``,
            ``kpt_shape`` and, maybe, ``flip_idx`` and ``kpt_names``.

    Raises:
        InputError: It cannot be read, or says what cannot be.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = ' '.join(str(error).split())
        raise InputError(f'{path}: cannot be read as yaml ({reason})') from error
    if not isinstance(content, Mapping):
        raise InputError(f'{path}: not a yaml file with keys and values; give the '
                         'data.yaml of a YOLO-pose data set')
    count, values = _keypoint_shape(content, path)
    splits = {split: _images(content, split, path) for split in SPLITS
              if content.get(split)}
    if not any(splits.values()):
        raise InputError(f'{path}: no image under its train, val or test')
    return YoloDataset(path, splits, _class_names(content, path),
                       _keypoints(content, count, path), values)


def _keypoint_shape(content: Mapping, path: Path) -> tuple[int, int]:
    shape = content.get('kpt_shape')
    if not (isinstance(shape, Sequence) and len(shape) == 2
            and all(isinstance(n, int) for n in shape)
            and shape[0] > 0 and shape[1] in (2, 3)):
        raise InputError(
            f'{path}: kpt_shape is {shape!r}; it must be [number of keypoints, 2 '
            'or 3], as in a YOLO-pose data set')
    return shape[0], shape[1]


def _class_names(content: Mapping, path: Path) -> list[str]:
    names = content.get('names')
    if isinstance(names, Mapping) and all(isinstance(key, int) for key in names):
        names = [names[key] for key in sorted(names)]
    if not isinstance(names, list) or not names:
        raise InputError(f'{path}: names must list the classes')
    return [str(name) for name in names]


def _keypoints(content: Mapping, count: int, path: Path) -> KeypointSet:
    names = content.get('kpt_names')
    if isinstance(names, Mapping):  # by class; one class has keypoints
        names = next(iter(names.values()), None)
    names = names or [f'keypoint_{index}' for index in range(count)]
    swaps = content.get('flip_idx')
    if not isinstance(names, list) or not len(
            {str(name) for name in names}) == len(names) == count:
        raise InputError(f'{path}: kpt_names must be {count} names, each once')
    if swaps is not None and not (
            isinstance(swaps, list) and all(isinstance(i, int) for i in swaps)
            and sorted(swaps) == list(range(count))
            and all(swaps[swaps[i]] == i for i in range(count))):
        raise InputError(
            f'{path}: flip_idx is {swaps}; it must name for each of the {count} '
            'keypoints the one it becomes in a mirrored image, in pairs')
    return KeypointSet([str(name) for name in names], swaps=swaps)


def _images(content: Mapping, split: str, path: Path) -> list[Path]:
    """List the images of a split: folders, files of lists, or images."""
    base = _root(content, path)
    sources = content[split]
    found: list[Path] = []
    for source in sources if isinstance(sources, list) else [sources]:
        # Roboflow writes ../train/images where it means train/images.
        near = str(source).removeprefix('../')
        place = _first_there(base / str(source), base / near, path.parent / near)
        if place.is_dir():
            found += [p for p in sorted(place.rglob('*'))
                      if p.suffix.lower() in IMAGE_SUFFIXES]
        elif place.suffix == '.txt' and place.is_file():
            found += _listed(place, base)
        elif place.is_file():
            found.append(place)
        else:
            raise InputError(f'{path}: {split}: {place} is not there')
    return found


def _root(content: Mapping, path: Path) -> Path:
    """Return the data set's folder: as ``path`` says, or that of the yaml file.

    A relative ``path`` counts from the yaml file or from the working folder. One
    that is not there was written on another machine.
    """
    named = str(content.get('path') or '.')
    places = path.parent / named, Path(named)
    return next((place for place in places if place.is_dir()), path.parent)


def _listed(file: Path, base: Path) -> list[Path]:
    """List the images that a file names, one a line.

    Those that begin with ``./`` count from the file's folder, others from the
    data set's; either from the other where only that is there.
    """
    found = []
    for line in filter(None, map(str.strip, _text(file).splitlines())):
        roots = [base, file.parent]
        if line.startswith('./'):
            roots.reverse()
        found.append(_first_there(*(root / line for root in roots)))
    return found


def _first_there(*places: Path) -> Path:
    return next((place for place in places if place.exists()), places[0])


def _text(path: Path) -> str:
    """Read a list or labels; Windows' editors begin them with a byte-order mark."""
    try:
        return path.read_text(encoding='utf-8-sig')
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f'{path}: cannot be read as text ({error})') from error


def label_file(image: Path) -> Path:
    """Return where the labels of an image are: images/ becomes labels/."""
    parts = list(image.with_suffix('.txt').parts)
    for index in reversed(range(len(parts) - 1)):
        if parts[index] == 'images':
            parts[index] = 'labels'
            break
    return Path(*parts)


def to_coco(dataset: YoloDataset, split: str, root: Path) -> dict[str, Any]:
    """Turn a split into COCO's annotations.

    Args:
        dataset (YoloDataset): The data set.
        split (str): One of its splits.
        root (Path): Folder that the file names are relative to.

    Returns:
        dict: ``images``, ``annotations``, ``categories``. Coordinates are in
        pixels of the upright image; an image without a label file has nobody.

    Raises:
        InputError: An image or a line of labels cannot be used.
    """
    images, annotations = [], []
    for number, path in enumerate(dataset.splits[split], start=1):
        width, height = _image_size(path)
        images.append(dict(id=number, file_name=_relative(path, root),
                           width=width, height=height))
        labels = label_file(path)
        if not labels.is_file():
            continue
        for line_number, line in enumerate(_text(labels).splitlines(), start=1):
            if not line.strip():
                continue
            record = _parse(line, f'{labels}:{line_number}', dataset,
                            (width, height))
            annotations.append(dict(
                id=len(annotations) + 1, image_id=number, **record))
    names = dataset.keypoints.names
    return dict(images=images, annotations=annotations, categories=[
        dict(id=index, name=name, keypoints=names, skeleton=[])
        for index, name in enumerate(dataset.classes, start=1)])


def _relative(path: Path, root: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(path.resolve())


def _image_size(path: Path) -> tuple[int, int]:
    """Return width and height of an image as it is decoded."""
    size = stored_size(str(path))
    if size is not None:
        return size
    try:
        height, width = read_image(path).shape[:2]
    except UnreadableImage as error:
        raise InputError(str(error)) from error
    return width, height


def _parse(line: str, where: str, dataset: YoloDataset,
           size: tuple[int, int]) -> dict[str, Any]:
    """Turn a line of labels into a record; see :func:`to_coco`."""
    count, values = len(dataset.keypoints.names), dataset.values
    wanted = 5 + count * values
    try:
        numbers = [float(word) for word in line.split()]
    except ValueError as error:
        raise InputError(f'{where}: {line[:40]!r} is not numbers') from error
    if not all(map(math.isfinite, numbers)):
        raise InputError(f'{where}: NaN or infinity among its numbers')
    if len(numbers) != wanted:
        raise InputError(
            f'{where}: {len(numbers)} numbers, and kpt_shape wants {wanted}: '
            f'class, x, y, w, h and {values} for each of {count} keypoints')
    kind = int(numbers[0])
    if not 0 <= kind < len(dataset.classes):
        raise InputError(f'{where}: class {kind}, and names has '
                         f'{len(dataset.classes)}')
    if max(numbers[1:5]) > 1.01 or min(numbers[1:5]) < -0.01:
        raise InputError(f'{where}: a box of {numbers[1:5]}; YOLO labels are '
                         'relative to the image, between 0 and 1')
    width, height = size
    x, y, w, h = (n * s for n, s in zip(numbers[1:5], (width, height) * 2))
    keypoints: list[float] = []
    for start in range(5, wanted, values):
        px, py, *seen = numbers[start:start + values]
        # Without a visibility, (0, 0) stands for a keypoint without a label.
        visible = int(seen[0]) if seen else 2 * bool(px or py)
        keypoints += [round(px * width, 2), round(py * height, 2), visible]
    return dict(
        category_id=kind + 1, iscrowd=0,
        bbox=[round(v, 2) for v in (x - w / 2, y - h / 2, w, h)],
        area=round(0.53 * w * h, 2), keypoints=keypoints,
        num_keypoints=sum(v > 0 for v in keypoints[2::3]))
