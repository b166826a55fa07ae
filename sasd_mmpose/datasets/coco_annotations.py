"""What can be wrong with a COCO-style annotation file, in one line each.

The data sets and the evaluator read the same files, so both check them here.
"""
from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mmengine.fileio import exists
from mmengine.logging import print_log

from ..errors import InputError

# Share of its box that a person covers. COCO's evaluation code and MMPose use
# it wherever the segment area is not known.
AREA_PER_BOX_AREA = 0.53


@contextmanager
def reading_annotations(ann_file: str) -> Iterator[None]:
    """Turn what goes wrong inside the block into one line about the file.

    Args:
        ann_file (str): The file that the block reads and parses.

    Raises:
        InputError: The file is missing, is not json, is no COCO-style object,
            or one of its records lacks a key.
    """
    if not exists(ann_file):
        raise InputError(
            f'{ann_file}: no such annotation file; put the data set there, or '
            'set SASD_DATA_ROOT to the folder that holds it')
    try:
        yield
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f'{ann_file}: not a json file ({error}); fetch or '
                         'export it again') from error
    except KeyError as error:
        raise InputError(
            f'{ann_file}: a record lacks the key {error}; COCO format needs '
            'id, width, height and file_name for each image, and id, image_id '
            'and category_id for each annotation') from error
    except AssertionError as error:
        # xtcocotools and CocoMetric assert the outline of the file.
        raise InputError(
            f'{ann_file}: not a COCO annotation file ({error}); it must be one '
            'object with images, annotations and categories') from error


def check_annotation(ann: dict, num_keypoints: int, ann_file: str) -> None:
    """Check one person's box and number of keypoints.

    Args:
        ann (dict): A record of the file's ``annotations``. Records without
            ``bbox`` or ``keypoints`` pass; MMPose leaves them out.
        num_keypoints (int): The number that the metainfo has.
        ann_file (str): Where the record comes from, for the message.

    Raises:
        InputError: The number of keypoints differs, or the box is not four
            finite numbers.
    """
    if 'keypoints' in ann and len(ann['keypoints']) != 3 * num_keypoints:
        raise InputError(
            f'{ann_file}: annotation {ann["id"]} has {len(ann["keypoints"])} '
            f'numbers in keypoints, where {3 * num_keypoints} belong (x, y, '
            f'visibility of each of the {num_keypoints} keypoints in the '
            "metainfo); mend the file or set the data set's metainfo to the "
            'one of this file')
    if 'bbox' in ann and not (len(ann['bbox']) == 4
                              and all(map(math.isfinite, ann['bbox']))):
        raise InputError(
            f'{ann_file}: annotation {ann["id"]} has bbox {ann["bbox"]}; it '
            'must be four finite numbers: x, y, width, height')


def fill_missing_areas(anns: Sequence[dict], ann_file: str) -> None:
    """Give each record without ``area`` the estimate 0.53 x box area.

    Area-based OKS needs an area of every person. One warning counts the
    estimates, for the AP then is not quite the one of the true areas.

    Args:
        anns (Sequence[dict]): Records with ``bbox``; changed in place.
        ann_file (str): Where they come from, for the warning.
    """
    missing = [ann for ann in anns if 'area' not in ann]
    for ann in missing:
        _, _, width, height = ann['bbox']
        ann['area'] = AREA_PER_BOX_AREA * width * height
    if missing:
        print_log(
            f'{ann_file}: {len(missing)} of {len(anns)} annotations have no '
            f'area; {AREA_PER_BOX_AREA} x box area is used for them',
            logger='current', level=logging.WARNING)
