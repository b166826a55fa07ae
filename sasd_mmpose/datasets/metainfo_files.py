"""Writing what MMPose has to know of keypoints, as a ``dataset_info`` file."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from pprint import pformat

# Of a joint that COCO does not know: about the mean of its body joints.
DEFAULT_SIGMA = 0.08
# By their names in COCO; labellers' guesses scatter so far (COCO's evaluation).
COCO_SIGMAS = dict(
    nose=.026, eye=.025, ear=.035, shoulder=.079, elbow=.072, wrist=.062,
    hip=.107, knee=.087, ankle=.089)
LEFT, RIGHT, MIDDLE = (0, 255, 0), (255, 128, 0), (51, 153, 255)
_SIDE = re.compile(r'(?<![a-z])(left|right|l|r)(?![a-z])', re.IGNORECASE)
_OTHER = dict(left='right', right='left', l='r', r='l')


@dataclass
class KeypointSet:
    """The keypoints of a data set.

    Attributes:
        names (list[str]): One per keypoint, each once.
        bones (list[tuple[int, int]]): Pairs of keypoints that belong together.
        swaps (list[int]): Per keypoint the one that it becomes in a mirrored
            image; itself where nothing is known. Guessed from the names
            (left, right) where it is not given.
    """
    names: list[str]
    bones: list[tuple[int, int]] = field(default_factory=list)
    swaps: list[int] | None = None

    def __post_init__(self) -> None:
        if self.swaps is None:
            self.swaps = guess_swaps(self.names)


def guess_swaps(names: Sequence[str]) -> list[int]:
    """Pair keypoints whose names differ by left and right only.

    Args:
        names (Sequence[str]): Such as ``left_eye``, ``R-Knee`` or ``nose``.

    Returns:
        list[int]: Per keypoint its counterpart, or itself.
    """
    places = {name.lower(): index for index, name in enumerate(names)}
    return [places.get(_mirrored(name.lower()), index)
            for index, name in enumerate(names)]


def _mirrored(name: str) -> str:
    """Exchange left and right in a name of small letters."""
    return _SIDE.sub(lambda found: _OTHER[found[1]], name)


def _sigma(name: str) -> float:
    """Return COCO's sigma for a joint of this name, or the default."""
    known = (sigma for part, sigma in COCO_SIGMAS.items() if part in name.lower())
    return next(known, DEFAULT_SIGMA)


def _color(keypoints: KeypointSet, index: int) -> list[int]:
    """Colour a keypoint by its side."""
    if keypoints.swaps[index] == index:
        return list(MIDDLE)
    left = re.search(r'left|(?<![a-z])l(?![a-z])', keypoints.names[index].lower())
    return list(LEFT if left else RIGHT)


def dataset_info(name: str, keypoints: KeypointSet) -> dict:
    """Make MMPose's ``dataset_info``.

    Args:
        name (str): Of the data set.
        keypoints (KeypointSet): Its keypoints.

    Returns:
        dict: With ``keypoint_info``, ``skeleton_info``, ``joint_weights`` and
        ``sigmas``: those of COCO for joints that COCO knows, else
        ``DEFAULT_SIGMA``.
    """
    names, swaps = keypoints.names, keypoints.swaps
    colors = [_color(keypoints, index) for index in range(len(names))]
    return dict(
        dataset_name=name,
        paper_info={},
        keypoint_info={
            index: dict(name=own, id=index, color=colors[index], type='',
                        swap=names[swaps[index]] if swaps[index] != index else '')
            for index, own in enumerate(names)
        },
        skeleton_info={
            index: dict(link=(names[start], names[end]), id=index, color=colors[end])
            for index, (start, end) in enumerate(keypoints.bones)
        },
        joint_weights=[1.0] * len(names),
        sigmas=[_sigma(own) for own in names])


def write_metainfo(path: Path, name: str, keypoints: KeypointSet, source: str) -> None:
    """Write a file for ``metainfo=dict(from_file=...)``.

    Args:
        path (Path): The file, ``.py``.
        name (str): Of the data set.
        keypoints (KeypointSet): Its keypoints.
        source (str): Where they come from, for a comment.
    """
    info = pformat(dataset_info(name, keypoints), sort_dicts=False, width=79)
    path.write_text(
        f'# Made of {source}. Look at swap (which keypoints exchange in a\n'
        '# mirrored image) and at sigmas (how far labels scatter, relative to\n'
        '# the person; larger is more tolerant) before training.\n'
        f'dataset_info = {info}\n', encoding='utf-8')
