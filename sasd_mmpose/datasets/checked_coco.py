"""MMPose's COCO and CrowdPose data sets with one clear line for bad files."""
from __future__ import annotations

import logging

import numpy as np
from mmengine.fileio import isdir
from mmengine.logging import print_log
from mmpose.datasets import CocoDataset, CrowdPoseDataset
from mmpose.registry import DATASETS

from ..errors import InputError
from .coco_annotations import (
    check_annotation,
    fill_missing_areas,
    reading_annotations,
)


class CheckedAnnotationsMixin:
    """Checks of the annotation file for any COCO-style data set of MMPose.

    Beside the checks, which raise :class:`InputError`, four things differ
    from MMPose:

    - Persons whose box has no width or height inside their picture are left
      out of training and counted in one warning. For evaluation they stay,
      as any COCO tool keeps them.
    - For evaluation, persons without ``area`` get the estimate that MMPose
      makes for training, with one warning.
    - ``filter_cfg=dict(sources=[...])`` keeps only the pictures whose
      ``source`` in the file is among those named.
    - ``filter_cfg=dict(filter_empty_gt=True)`` leaves out of training the
      pictures in which no person has a labelled keypoint. Their people are
      there but not labelled, so they would be learned as background.

    Persons without any labelled keypoint stay in the list, where the
    evaluator finds them; ``FilterAnnotations(by_kpt=True)`` keeps them from
    becoming training targets.
    """

    def parse_data_info(self, raw_data_info: dict) -> dict | None:
        """Check one person's record, then parse it as MMPose does.

        Args:
            raw_data_info (dict): ``raw_ann_info`` and ``raw_img_info``.

        Returns:
            dict | None: The parsed person; None without box or keypoints.

        Raises:
            InputError: See :func:`check_annotation`.
        """
        ann = raw_data_info['raw_ann_info']
        check_annotation(ann, self._metainfo['num_keypoints'], self.ann_file)
        # MMPose would count coordinates instead of labels here.
        ann.setdefault('num_keypoints',
                       sum(v > 0 for v in ann.get('keypoints', [])[2::3]))
        return super().parse_data_info(raw_data_info)

    def _load_annotations(self) -> tuple[list[dict], list[dict]]:
        """Load persons and pictures, and check them as a whole.

        Returns:
            tuple[list[dict], list[dict]]: One dict per person, and one per
            picture.

        Raises:
            InputError: Something in the file or the folders cannot be used;
                the message says what.
        """
        with reading_annotations(self.ann_file):
            persons, pictures = super()._load_annotations()
        self._check_pictures(pictures)
        persons, pictures = self._of_sources(persons, pictures)
        self._check_labels(persons)
        if self.test_mode:
            fill_missing_areas([p['raw_ann_info'] for p in persons],
                               self.ann_file)
            return persons, pictures
        return self._without_empty_boxes(persons), pictures

    def _check_pictures(self, pictures: list[dict]) -> None:
        """Raise where the file lists no pictures or their folder is missing."""
        if not pictures:
            raise InputError(
                f"{self.ann_file}: no pictures under the key 'images'; give "
                'ann_file a COCO annotation file')
        folder = self.data_prefix['img']
        if folder and not isdir(folder):
            raise InputError(
                f'{folder}: no such picture folder; put the pictures there, '
                'set data_prefix, or set SASD_DATA_ROOT to the folder that '
                'holds the data sets')

    def _of_sources(self, persons: list[dict], pictures: list[dict]
                    ) -> tuple[list[dict], list[dict]]:
        """Keep what comes from the ``sources`` of ``filter_cfg``, if it has any.

        Raises:
            InputError: One of them has no pictures in the file.
        """
        sources = (self.filter_cfg or {}).get('sources')
        if sources is None:
            return persons, pictures
        known = {picture.get('source') for picture in pictures}
        missing = sorted(set(sources) - known)
        if missing:
            raise InputError(
                f'{self.ann_file}: no picture has the source {missing[0]!r}; '
                'correct filter_cfg.sources, there are '
                f'{sorted(filter(None, known))}')
        pictures = [p for p in pictures if p.get('source') in sources]
        kept = {picture['img_id'] for picture in pictures}
        return [p for p in persons if p['img_id'] in kept], pictures

    def _check_labels(self, persons: list[dict]) -> None:
        """Raise where there is nothing to learn from or to evaluate against.

        A file without any person passes in testing: predictions for it can
        still be formatted.
        """
        if self.test_mode and not persons:
            return
        if not any((p['keypoints_visible'] > 0).any() for p in persons):
            raise InputError(
                f'{self.ann_file}: none of its {len(persons)} persons has a '
                'labelled keypoint (visibility 1 or 2); give ann_file a file '
                'with keypoint annotations')

    def _without_empty_boxes(self, persons: list[dict]) -> list[dict]:
        """Leave out persons whose box, inside the picture, is empty."""
        kept = [
            p for p in persons
            if (p['bbox'][:, 2:] > p['bbox'][:, :2]).all()
        ]
        if len(kept) < len(persons):
            print_log(
                f'{self.ann_file}: {len(persons) - len(kept)} of '
                f'{len(persons)} persons have a box of zero size and are left '
                'out of training', logger='current', level=logging.WARNING)
        return kept

    def filter_data(self) -> list[dict]:
        """Filter as MMPose does, and by ``filter_empty_gt`` in training.

        Returns:
            list[dict]: The data infos that are kept.
        """
        data_list = super().filter_data()
        if self.test_mode or not (self.filter_cfg or {}).get('filter_empty_gt'):
            return data_list
        return [d for d in data_list if np.any(d['keypoints_visible'] > 0)]


@DATASETS.register_module()
class CheckedCocoDataset(CheckedAnnotationsMixin, CocoDataset):
    """:class:`CocoDataset` that explains what is wrong with its files."""


@DATASETS.register_module()
class CheckedCrowdPoseDataset(CheckedAnnotationsMixin, CrowdPoseDataset):
    """:class:`CrowdPoseDataset` that explains what is wrong with its files."""
