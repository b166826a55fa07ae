"""Make COCO annotations and a metainfo file of what labelling tools write.

SOURCE is the yaml file of a YOLO-pose data set, or an export in COCO's format
as CVAT, Label Studio and Roboflow write it: its json file, or the folder of an
export. Writes into --out a json file for each part (train.json, val.json, ...)
and metainfo.py, with names, left-right pairs, bones and sigmas; and prints the
lines of a config that use them.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import InputError
from ..paths import why_unwritable

if TYPE_CHECKING:
    from ..datasets.metainfo_files import KeypointSet


class Converted(NamedTuple):
    """A data set that is ready to be written.

    Attributes:
        parts (dict[str, dict]): COCO content by the name of the part.
        folders (dict[str, Path]): By the same names, where the images are.
        keypoints (KeypointSet): The keypoints of all parts.
    """
    parts: dict[str, dict[str, Any]]
    folders: dict[str, Path]
    keypoints: KeypointSet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command line takes."""
    parser.add_argument('source', help='yaml file, json file, or folder')
    parser.add_argument('--out', required=True, help='folder to write to')
    parser.add_argument(
        '--images', help='folder of the images of a json file; images/ beside it '
        'or above by default')
    parser.add_argument(
        '--name', help='of the data set; by default that of the folder --out')
    parser.add_argument(
        '--bones', default='', metavar='A:B,...', help='keypoints that belong '
        'together, by name; those of the source by default')


def run(args: argparse.Namespace) -> None:
    """Convert, and say what to do with it."""
    from ..datasets.metainfo_files import write_metainfo
    out = Path(args.out)
    info = out / 'metainfo.py'
    if info.exists():
        raise InputError(f'{info}: exists, and may have been edited; name another '
                         'folder with --out, or move it away')
    converted = convert(Path(args.source), args.images)
    if args.bones:
        converted.keypoints.bones = read_bones(args.bones, converted.keypoints.names)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for part, content in converted.parts.items():
            (out / f'{part}.json').write_text(json.dumps(content), encoding='utf-8')
        write_metainfo(info, args.name or out.resolve().name,
                       converted.keypoints, Path(args.source).name)
    except OSError as error:
        raise InputError(f'{out}: cannot be written ({why_unwritable(out, error)}); '
                         'name another folder with --out') from error
    report(out, converted)


def convert(source: Path, images: str | None) -> Converted:
    """Read a data set of any known kind."""
    if source.suffix.lower() in ('.yaml', '.yml'):
        return from_yolo(source)
    if source.is_dir():
        return from_files(exports_in(source), images)
    if source.suffix.lower() == '.json':
        return from_files({source.stem: source}, images)
    raise InputError(
        f'{source}: neither the yaml file of a YOLO-pose data set nor an export '
        "in COCO's format (json); export it again as \"COCO keypoints\"")


def from_yolo(source: Path) -> Converted:
    """Convert labels of YOLO-pose."""
    from ..datasets.yolo_labels import read_yolo_yaml, to_coco
    dataset = read_yolo_yaml(source)
    root = source.resolve().parent
    parts = {split: to_coco(dataset, split, root) for split in dataset.splits}
    return Converted(parts, dict.fromkeys(parts, root), dataset.keypoints)


def exports_in(folder: Path) -> dict[str, Path]:
    """Find the json files of an export: by part, its file.

    Roboflow has ``train/_annotations.coco.json``, CVAT
    ``annotations/person_keypoints_default.json``, Label Studio ``result.json``.
    """
    found = sorted(folder.glob('*/_annotations.coco.json'))
    if found:
        return by_part({file.parent.name: file for file in found})
    found = sorted((folder / 'annotations').glob('*.json')) or sorted(
        folder.glob('*.json'))
    if not found:
        raise InputError(f'{folder}: no export in it; name its json file')
    return by_part({file.stem: file for file in found})


def by_part(files: dict[str, Path]) -> dict[str, Path]:
    """Rename the parts by :func:`part_of`, unless two would be the same."""
    parts = {part_of(name): file for name, file in files.items()}
    return parts if len(parts) == len(files) else files


def part_of(name: str) -> str:
    """Name a part as configs do: train, val, test, or as the tool has it."""
    part = subset_of(name)
    known = dict(train='train', training='train', val='val', valid='val',
                 validation='val', test='test')
    return known.get(part.lower(), part)


def subset_of(name: str) -> str:
    """Return the subset in the name of a json file of CVAT."""
    return name.removeprefix('person_keypoints_')


def from_files(files: dict[str, Path], images: str | None) -> Converted:
    """Convert exports in COCO's format."""
    from ..datasets.coco_exports import read_coco_export, tidy
    parts, folders, first = {}, {}, None
    for part, file in files.items():
        folder = Path(images) if images else image_folder(file)
        # CVAT has a folder for each part, and in each the same names of frames.
        own = folder / subset_of(file.stem)
        folder = own if own.is_dir() else folder
        parts[part], keypoints = tidy(read_coco_export(file), file, folder)
        folders[part] = folder.resolve()
        if first is not None and keypoints.names != first.names:
            raise InputError(f'{file}: has other keypoints than the files before '
                             'it; convert them one by one')
        first = first or keypoints
    assert first is not None
    return Converted(parts, folders, first)


def image_folder(file: Path) -> Path:
    """Guess where the images of a json file are."""
    near = file.parent / 'images', file.parent.parent / 'images'
    return next((folder for folder in near if folder.is_dir()), file.parent)


def read_bones(text: str, names: list[str]) -> list[tuple[int, int]]:
    """Read ``nose:tail,nose:ear``; return pairs of places among the names."""
    bones = []
    for bone in text.split(','):
        ends = [end.strip() for end in bone.split(':')]
        if len(ends) != 2 or not set(ends) <= set(names) or ends[0] == ends[1]:
            raise InputError(f'--bones: {bone!r} is not two of the keypoints with '
                             f'a colon between them: {", ".join(names)}')
        bones.append((names.index(ends[0]), names.index(ends[1])))
    return bones


def report(out: Path, converted: Converted) -> None:
    """Print what there is, and the lines of a config."""
    names, swaps = converted.keypoints.names, converted.keypoints.swaps or []
    pairs = [f'{names[a]} - {names[b]}' for a, b in enumerate(swaps) if a < b]
    print(f'{len(names)} keypoints: {", ".join(names)}')
    print(f'  left and right: {", ".join(pairs) or "no pairs"}')
    print(f'  bones: {len(converted.keypoints.bones)}')
    for part, content in converted.parts.items():
        print(f'  {out / part}.json: {len(content["images"])} images, '
              f'{len(content["annotations"])} labelled')
    print(f'  {out / "metainfo.py"}: look at it before training\n\nIn a config:')
    print(f"metainfo = dict(from_file='{out / 'metainfo.py'}')")
    for part, folder in converted.folders.items():
        print(f"{part.replace('-', '_')}_data = dict(metainfo=metainfo, "
              f"data_root='', ann_file='{out / part}.json', "
              f"data_prefix=dict(img='{folder}/'))")
