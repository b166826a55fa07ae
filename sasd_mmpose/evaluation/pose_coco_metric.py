"""COCO and CrowdPose evaluation with one clear line for bad input."""
from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from mmengine.fileio import put_text
from mmengine.logging import print_log
from mmpose.evaluation.metrics import CocoMetric
from mmpose.registry import METRICS

from ..datasets.coco_annotations import (
    check_annotation,
    fill_missing_areas,
    reading_annotations,
)
from ..errors import InputError


@METRICS.register_module()
class PoseCocoMetric(CocoMetric):
    """:class:`CocoMetric` that checks the ground truth and the predictions.

    Numbers are those of :class:`CocoMetric`. For CrowdPose, set
    ``iou_type='keypoints_crowd'`` and ``use_area=False``; easy, medium and
    hard then are crowd indices below 0.2, below 0.8 and from 0.8 on, as in
    CrowdPose's own evaluation code, with which all published results are made
    (its paper says 0.1 instead of 0.2).

    Where ``use_area`` is set and persons of the file have no ``area``, 0.53 x
    box area is used and one warning says so.

    Args:
        ann_file (str, optional): See :class:`CocoMetric`.
        **kwargs: See :class:`CocoMetric`.

    Raises:
        InputError: ``ann_file`` is missing or no COCO annotation file, or the
            numbers of keypoints of file, metainfo and model differ.
    """

    def __init__(self, ann_file: str | None = None, **kwargs: Any) -> None:
        with reading_annotations(ann_file) if ann_file else nullcontext():
            super().__init__(ann_file=ann_file, **kwargs)

    @CocoMetric.dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        """Set the metainfo, which may load the ground truth, and check both.

        Args:
            dataset_meta (dict): The metainfo of the data set.

        Raises:
            InputError: A person's number of keypoints is not the metainfo's.
        """
        CocoMetric.dataset_meta.fset(self, dataset_meta)
        # With a converter, file and metainfo differ on purpose.
        if self.coco is None or self.gt_converter is not None:
            return
        ann_file = self.coco.anno_file[0]
        anns = list(self.coco.anns.values())
        for ann in anns:
            check_annotation(ann, dataset_meta['num_keypoints'], ann_file)
        if self.use_area:
            fill_missing_areas(anns, ann_file)

    def process(self, data_batch: Sequence[dict],
                data_samples: Sequence[dict]) -> None:
        """Take up the predictions of one batch.

        Args:
            data_batch (Sequence[dict]): Unused.
            data_samples (Sequence[dict]): With ``pred_instances``, whose
                ``keypoints`` are ``(n, K, 2)`` in pixels of the file's
                picture.

        Raises:
            InputError: K is not the data set's.
        """
        if self.pred_converter is None:
            for sample in data_samples:
                self._check_prediction(sample['pred_instances'])
        # A list of categories is that of the labelled persons. CocoMetric
        # would take it for the category of each prediction.
        super().process(data_batch, [{
            key: value
            for key, value in sample.items()
            if key != 'category_id' or np.ndim(value) == 0
        } for sample in data_samples])

    def _check_prediction(self, instances: dict) -> None:
        """Raise where the model has another number of keypoints."""
        predicted = instances['keypoints'].shape[1]
        wanted = self.dataset_meta['num_keypoints']
        if predicted != wanted:
            raise InputError(
                f'the model predicts {predicted} keypoints and the data set '
                f'{self.dataset_meta["dataset_name"]} has {wanted}; use the '
                'config and the checkpoint of the same data set')

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Compute AP and AR, all zero where nothing was predicted.

        Args:
            results (list): What :meth:`process` kept.

        Returns:
            dict[str, float]: The metrics by name.
        """
        if not any(len(prediction['keypoints']) for prediction, _ in results):
            print_log(
                f'no person was predicted in any of the {len(results)} '
                'pictures', logger='current', level=logging.WARNING)
        return super().compute_metrics(results)

    def results2json(self, keypoints: dict[int, list[dict]],
                     outfile_prefix: str) -> None:
        """Write the predictions as a COCO-format json file.

        Same records as MMPose's, without its indentation: the encoder of the
        standard library is some ten times faster that way, which is minutes
        on a large data set.

        Args:
            keypoints (dict[int, list[dict]]): Persons by picture; their
                ``keypoints`` are ``(K, 3)``: x, y, score.
            outfile_prefix (str): ``.keypoints.json`` is appended.
        """
        records = []
        for person in (p for persons in keypoints.values() for p in persons):
            record = dict(
                image_id=person['img_id'],
                category_id=person['category_id'],
                keypoints=person['keypoints'].reshape(-1).tolist(),
                score=float(person['score']))
            if 'bbox' in person:
                record['bbox'] = person['bbox'].tolist()
            records.append(record)
        put_text(json.dumps(records), f'{outfile_prefix}.keypoints.json')
