"""COCO and CrowdPose evaluation with one clear line for bad input."""
from __future__ import annotations

import json
import logging
import os.path as osp
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from mmengine.fileio import exists, put_text
from mmengine.logging import MessageHub, print_log
from mmpose.evaluation.functional import transform_sigmas
from mmpose.evaluation.metrics import CocoMetric
from mmpose.registry import METRICS
from xtcocotools.coco import COCO
from xtcocotools.cocoeval import COCOeval

from ..datasets.annotation_checks import Category, Needs, load_annotations
from ..errors import InputError

STATS = dict(
    keypoints=('AP', 'AP .5', 'AP .75', 'AP (M)', 'AP (L)', 'AR', 'AR .5',
               'AR .75', 'AR (M)', 'AR (L)'),
    keypoints_crowd=('AP', 'AP .5', 'AP .75', 'AR', 'AR .5', 'AR .75',
                     'AP(E)', 'AP(M)', 'AP(H)'))


class PersonEvaluation(COCOeval):
    """COCOeval whose crowd indices are those of the images at hand.

    The original reads them from the annotation file, all images of it.
    """

    def split(self, gt_file: str, first: float,
              second: float) -> tuple[list[int], list[int], list[int]]:
        """Return the ids of easy, medium and hard images."""
        parts: tuple[list[int], ...] = ([], [], [])
        for image in self.cocoGt.dataset['images']:
            index = image['crowdIndex']
            parts[(index >= first) + (index >= second)].append(image['id'])
        return parts


def make_coco(images: Iterable[dict], annotations: Iterable[dict],
              categories: Iterable[dict]) -> COCO:
    """Index COCO's records.

    Args:
        images (Iterable[dict]): Records of images.
        annotations (Iterable[dict]): Records of persons.
        categories (Iterable[dict]): Records of categories.

    Returns:
        COCO: The same records.
    """
    coco = COCO()
    coco.dataset = dict(images=list(images), annotations=list(annotations),
                        categories=list(categories))
    with redirect_stdout(StringIO()):
        coco.createIndex()
    return coco


@METRICS.register_module()
class PoseCocoMetric(CocoMetric):
    """:class:`CocoMetric` that checks the ground truth and the predictions.

    Numbers are those of :class:`CocoMetric` on the images that were tested,
    which may be fewer than the file has. For CrowdPose, set
    ``iou_type='keypoints_crowd'`` and ``use_area=False``; easy, medium and
    hard then are crowd indices below 0.2, below 0.8 and from 0.8 on, as in
    CrowdPose's own evaluation code, with which all published results are made
    (its paper says 0.1 instead of 0.2).

    The whole file is checked when the data set is known, which in training
    is before the first epoch. Persons without ``area``, ``iscrowd`` or
    ``num_keypoints`` get what :class:`CheckedCocoDataset` gives them; with
    ``use_area``, one warning counts the areas.

    Predictions get the category of the labelled persons, whatever its id.

    Args:
        ann_file (str, optional): See :class:`CocoMetric`.
        category (int | str | Sequence, optional): The persons' category, by
            id or name; several count as one. Needed only where more than one
            category of the file has keypoints.
        **kwargs: See :class:`CocoMetric`.

    Raises:
        InputError: ``ann_file`` is missing or cannot be evaluated against, or
            the numbers of keypoints of file, metainfo and model differ.
    """

    def __init__(self, ann_file: str | None = None, category: Category = None,
                 **kwargs: Any) -> None:
        if ann_file is not None and not exists(ann_file):
            raise InputError(
                f'{ann_file}: no such annotation file; put the data set '
                'there, or set SASD_DATA_ROOT to the folder that holds it')
        # The file is read once the number of keypoints is known.
        super().__init__(ann_file=None, **kwargs)
        self.ann_file = ann_file
        self.category = category
        self.category_id: int | None = None

    @CocoMetric.dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        """Set the metainfo; with it, load and check the ground truth.

        Args:
            dataset_meta (dict): The metainfo of the data set.

        Raises:
            InputError: The file cannot be evaluated against.
        """
        wanted = dataset_meta['num_keypoints']
        if self.gt_converter is not None:
            count = self.gt_converter['num_keypoints']
            dataset_meta = dict(
                dataset_meta, num_keypoints=count, sigmas=transform_sigmas(
                    dataset_meta['sigmas'], count,
                    self.gt_converter['mapping']))
            # File and metainfo differ on purpose.
            wanted = None
        self._dataset_meta = dataset_meta
        # Without a file of its own, that of the data set.
        ann_file = self.ann_file or MessageHub.get_current_instance().get_info(
            f'{dataset_meta["dataset_name"]}_ann_file', None)
        if self.coco is None and ann_file:
            self._load(ann_file, wanted)

    def _load(self, ann_file: str, num_keypoints: int | None) -> None:
        """Load and check the ground truth."""
        crowd = self.iou_type == 'keypoints_crowd'
        truth = load_annotations(ann_file, Needs(
            num_keypoints=num_keypoints, category=self.category,
            labels=not self.format_only,
            area=self.use_area and not self.format_only,
            crowd_index=crowd and not self.format_only, visible_only=crowd))
        self.ann_file = ann_file
        self.category_id = truth.category_id
        self.coco = make_coco(truth.images, truth.persons, truth.categories)

    def check_image(self, img_id: int, img_path: str | None) -> None:
        """Raise where an image is not the one of this id in the file.

        Args:
            img_id (int): Its id in the data set.
            img_path (str | None): Its file; None is not compared.

        Raises:
            InputError: The file has no such image, or another one.
        """
        if self.coco is None:
            return
        image = self.coco.imgs.get(img_id)
        name = osp.basename(img_path or '')
        if image is None:
            found = 'none'
        elif name and name != osp.basename(image['file_name']):
            found = image['file_name']
        else:
            return
        raise InputError(
            f'{self.ann_file}: the data set has an image {name or "without a "}'
            f'{"" if name else "name"} of id {img_id}, and this file {found}; '
            "set the evaluator's ann_file to the one of the data set")

    def process(self, data_batch: Sequence[dict], data_samples: Sequence[dict]) -> None:
        """Take up the predictions of one batch.

        Args:
            data_batch (Sequence[dict]): Unused.
            data_samples (Sequence[dict]): With ``pred_instances``, whose
                ``keypoints`` are ``(n, K, 2)`` in pixels of the file's
                image.

        Raises:
            InputError: K is not the data set's, or the image not the file's.
        """
        for sample in data_samples:
            self.check_image(sample['img_id'], sample.get('img_path'))
            if self.pred_converter is None:
                self._check_prediction(sample['pred_instances'])
        # A list of categories is that of the labelled persons. CocoMetric
        # would take it for the category of each prediction.
        super().process(data_batch, [
            dict(sample, category_id=self.category_id)
            for sample in data_samples
        ])

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
                'images', logger='current', level=logging.WARNING)
        category_id = self._category_id(results)
        for prediction, _ in results:
            prediction['category_id'] = category_id
        whole = self.coco
        if whole is not None:
            self.coco = self._tested_part(
                whole, {prediction['img_id'] for prediction, _ in results})
        try:
            return super().compute_metrics(results)
        finally:
            self.coco = whole

    def _category_id(self, results: list) -> int:
        """Return the persons' category, that of the samples without a file."""
        if self.category_id is not None:
            return self.category_id
        people = (p for _, truth in results
                  for p in truth.get('raw_ann_info', ()) if p is not None)
        return next((p['category_id'] for p in people), 1)

    @staticmethod
    def _tested_part(whole: COCO, tested: set[int]) -> COCO:
        """Copy the ground truth of the images that were tested.

        Ids of persons are numbered anew: COCO's evaluation code takes some,
        such as 0 or negative ones, for "not found".
        """
        persons = [person for person in whole.dataset['annotations']
                   if person['image_id'] in tested]
        return make_coco(
            (i for i in whole.dataset['images'] if i['id'] in tested),
            (dict(person, id=number) for number, person in enumerate(persons, 1)),
            whole.dataset['categories'])

    def _do_python_keypoint_eval(self, outfile_prefix: str) -> list[tuple[str, float]]:
        """Evaluate the predictions in ``<outfile_prefix>.keypoints.json``.

        Returns:
            list[tuple[str, float]]: Names and values of the metrics.
        """
        if not any(v > 0 for person in self.coco.anns.values()
                   if not person['iscrowd'] for v in person['keypoints'][2::3]):
            print_log(
                f'none of the {len(self.coco.imgs)} tested images has a '
                'labelled person (crowds do not count): there is nothing to '
                'compare with, and all metrics are -1',
                logger='current', level=logging.WARNING)
        found = self.coco.loadRes(f'{outfile_prefix}.keypoints.json')
        evaluation = PersonEvaluation(
            self.coco, found, self.iou_type, self.dataset_meta['sigmas'],
            self.use_area)
        if self.category_id is not None:
            evaluation.params.catIds = [self.category_id]
        evaluation.params.useSegm = None
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return list(zip(STATS[self.iou_type], evaluation.stats))

    def results2json(self, keypoints: dict[int, list[dict]],
                     outfile_prefix: str) -> None:
        """Write the predictions as a COCO-format json file.

        Same records as MMPose's, without its indentation: the encoder of the
        standard library is some ten times faster that way, which is minutes
        on a large data set.

        Args:
            keypoints (dict[int, list[dict]]): Persons by image; their
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
