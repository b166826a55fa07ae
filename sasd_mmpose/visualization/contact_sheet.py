"""A page with images of a data set and their labels, in one html file."""
from __future__ import annotations

import base64
import os.path as osp
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

import cv2
import numpy as np

from ..findings import Finding
from ..images import UnreadableImage, read_image
from .palette import person_color, to_bgr
from .pose_drawer import DrawingStyle, PoseDrawer

# Long side of an image on the page, in pixels.
SIDE = 480
_PAGE = '''<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body {{ font: 15px/1.4 sans-serif; margin: 2rem; color: #22262b }}
table {{ border-collapse: collapse; margin-bottom: 2rem }}
td, th {{ text-align: left; padding: .3rem .8rem; border-bottom: 1px solid #ddd;
  vertical-align: top }}
.error {{ color: #b00020; font-weight: bold }} .warning {{ color: #8a6100 }}
main {{ display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)) }}
figure {{ margin: 0 }} img {{ width: 100%; height: auto; display: block }}
figcaption {{ overflow-wrap: anywhere; font-size: 13px }}
</style></head><body><h1>{title}</h1>
{table}
<main>
{figures}
</main></body></html>
'''


class _Labelled(NamedTuple):
    """Labels as :class:`PoseDrawer` draws them."""
    box: np.ndarray
    keypoints: np.ndarray
    keypoint_scores: np.ndarray
    identity: int | None = None


def contact_sheet(title: str, findings: Sequence[Finding],
                  content: Mapping[str, Any], folder: str,
                  drawing: Mapping[str, Any], count: int,
                  suspects: Sequence[int] = ()) -> str:
    """Make the page.

    Args:
        title (str): Its title.
        findings (Sequence[Finding]): Shown as a table.
        content (Mapping): Checked records of images and annotations.
        folder (str): Where the images are.
        drawing (Mapping): Bones and colours, as :class:`PoseDrawer` reads them.
        count (int): Number of images to show.
        suspects (Sequence[int]): Ids of images to show first.

    Returns:
        str: The page, html with the images inside.
    """
    people: dict[Any, list[dict]] = {}
    for record in content['annotations']:
        people.setdefault(record['image_id'], []).append(record)
    drawer = PoseDrawer(drawing, style=DrawingStyle(0.5, boxes=True))
    figures = [
        _figure(image, people.get(image['id'], []), folder, drawer)
        for image in _chosen(content['images'], people, count, suspects)]
    return _PAGE.format(title=escape(title), table=_table(findings),
                        figures='\n'.join(figures))


def plain_drawing(num_keypoints: int,
                  bones: Iterable[Sequence[int]] = ()) -> dict[str, Any]:
    """Return what :class:`PoseDrawer` needs where there is no metainfo."""
    links = [tuple(bone) for bone in bones]
    colors = [to_bgr(person_color(i))[::-1] for i in range(num_keypoints)]
    return dict(
        skeleton_links=links, keypoint_colors=colors,
        skeleton_link_colors=[colors[end] for _, end in links])


def _chosen(images: Sequence[dict], people: Mapping[Any, list[dict]],
            count: int, suspects: Sequence[int]) -> Iterator[dict]:
    """Choose the suspects, and images with people, evenly over the file."""
    first = [i for i in images if i['id'] in suspects][:count]
    yield from first
    taken = {i['id'] for i in first}
    others = [i for i in images if i['id'] in people and i['id'] not in taken]
    for index in np.unique(np.linspace(0, len(others) - 1, min(
            count - len(first), len(others)), dtype=int)):
        yield others[index]


def _table(findings: Sequence[Finding]) -> str:
    if not findings:
        return '<p>Nothing is wrong.</p>'
    lines = ''.join(
        f'<tr><td class="{f.severity.value}">{f.severity.value}</td>'
        f'<td>{len(f.records) or ""}</td><td>{escape(f.place)}</td>'
        f'<td>{escape(f.message)}</td></tr>\n' for f in findings)
    return ('<table><tr><th></th><th>records</th><th>first</th><th>what</th></tr>'
            f'\n{lines}</table>')


def _figure(image: Mapping[str, Any], people: Sequence[Mapping[str, Any]],
            folder: str, drawer: PoseDrawer) -> str:
    """Draw an image with its labels."""
    name = escape(str(image['file_name']))
    try:
        pixels = read_image(osp.join(folder, image['file_name']))
    except UnreadableImage as error:
        return f'<figure><figcaption>{escape(str(error))}</figcaption></figure>'
    scale = min(1.0, SIDE / max(pixels.shape[:2]))
    size = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
    # The records are in pixels of the image that the file states.
    ratio = np.array(size) / (image['width'], image['height'])
    drawn = drawer(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA),
                   [_labelled(person, ratio) for person in people])
    content = cv2.imencode('.jpg', drawn)[1].tobytes()
    data = base64.b64encode(content).decode()
    return (f'<figure><img alt="{name}" src="data:image/jpeg;base64,{data}">'
            f'<figcaption>{name}: {len(people)}</figcaption></figure>')


def _labelled(record: Mapping[str, Any], ratio: np.ndarray) -> _Labelled:
    """Scale labels; a keypoint's score says whether it is labelled."""
    x, y, width, height = record['bbox']
    points = np.array(record['keypoints'], float).reshape(-1, 3)
    return _Labelled(
        np.array([x, y, x + width, y + height]) * np.tile(ratio, 2),
        points[:, :2] * ratio, (points[:, 2] > 0).astype(float))
