"""MMPose's COCO and CrowdPose data sets with one clear line for bad files."""
from __future__ import annotations

import functools
import os.path as osp
import pickle
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from mmengine.dataset import BaseDataset
from mmengine.fileio import isdir
from mmpose.datasets import CocoDataset, CrowdPoseDataset
from mmpose.registry import DATASETS

from ..errors import InputError
from ..metainfo import checked_metainfo
from .annotation_checks import AnnotationSet, Category, Needs, load_annotations
from .transforms.image_size import check_image_size, stored_size
from .transforms.loading import UnreadableImage, read_image

# The sizes of so many images are compared before any work, which takes less
# than a second on a local disk; those of all others when they are loaded.
IMAGES_TO_COMPARE = 2000
# At most so many samples of nobody may follow one another in training.
MAX_EMPTY_IN_A_ROW = 200
# What BaseCocoStyleDataset puts into every data info.
_METAINFO_KEYS = ('dataset_name', 'upper_body_ids', 'lower_body_ids',
                  'flip_pairs', 'dataset_keypoint_weights', 'flip_indices',
                  'skeleton_links')


class CheckedAnnotationsMixin:
    """Checks of the annotation file for any COCO-style data set of MMPose.

    Beside the checks, which raise :class:`InputError`, these things differ
    from MMPose:

    - Persons whose box has no width or height inside their image are left
      out of training and counted in one warning. For evaluation they stay,
      as any COCO tool keeps them.
    - Persons without ``area``, ``iscrowd`` or ``num_keypoints`` get the
      estimate 0.53 x box area, 0, and the number of labelled keypoints.
    - Coordinates of keypoints with visibility 0 may be anything, NaN
      included.
    - ``filter_cfg=dict(sources=[...])`` keeps only the images whose
      ``source`` in the file is among those named.
    - ``filter_cfg=dict(filter_empty_gt=True)`` leaves out of training the
      images in which no person has a labelled keypoint. Their people are
      there but not labelled, so they would be learned as background.
    - Annotations of other categories are left out.
    - Samples have ``ann_img_shape``, the (height, width) that the file
      states, which :class:`LoadPoseImage` compares with the image.

    Persons without any labelled keypoint stay in the list, where the
    evaluator finds them; ``FilterAnnotations(by_kpt=True)`` keeps them from
    becoming training targets.

    Args:
        category (int | str | Sequence, optional): The persons' category, by
            id or name; several count as one. Needed only where more than one
            category of the file has keypoints.
    """
    # Whether num_keypoints counts visible keypoints only, not hidden ones.
    VISIBLE_ONLY = False

    def __init__(self, *args, category: Category = None, **kwargs) -> None:
        self.category = category
        self._empty_in_a_row = 0
        super().__init__(*args, **kwargs)

    @classmethod
    def _load_metainfo(cls, metainfo: dict | None = None) -> dict:
        """Check the metainfo, then parse it as MMPose does."""
        if metainfo is not None:
            metainfo = checked_metainfo(metainfo, f'metainfo of {cls.__name__}')
        return super()._load_metainfo(metainfo)

    def parse_data_info(self, raw_data_info: dict) -> dict | None:
        """Parse one person's record as MMPose does.

        Args:
            raw_data_info (dict): ``raw_ann_info`` and ``raw_img_info``.

        Returns:
            dict | None: The parsed person.
        """
        info = super().parse_data_info(raw_data_info)
        # MMPose joins the polygons of all persons, and stumbles over none.
        if info is not None and not isinstance(info['segmentation'], list | dict):
            info['segmentation'] = []
        return info

    def load_data_list(self) -> list[dict]:
        """Load the samples, each with the size that the file states."""
        self._img_shapes: dict[int, tuple[float, float]] = {}
        data_list = super().load_data_list()
        for info in data_list:
            # Empty where boxes of a detector are used.
            if info['img_id'] in self._img_shapes:
                info['ann_img_shape'] = self._img_shapes[info['img_id']]
        self._compare_sizes(data_list)
        return data_list

    def get_data_info(self, idx: int) -> dict:
        """Get an image and its persons, as MMPose does, in a third of the time.

        Args:
            idx (int): The image's number.

        Returns:
            dict: What a pipeline starts from. Nothing in it is shared.
        """
        info = BaseDataset.get_data_info(self, idx)
        info.update(pickle.loads(self._pickled_metainfo))
        return info

    @functools.cached_property
    def _pickled_metainfo(self) -> bytes:
        """What every data info has of the metainfo: faster to load than copy."""
        return pickle.dumps({key: self._metainfo[key] for key in _METAINFO_KEYS},
                            pickle.HIGHEST_PROTOCOL)

    def _load_annotations(self) -> tuple[list[dict], list[dict]]:
        """Load persons and images, and check them as a whole.

        Returns:
            tuple[list[dict], list[dict]]: One dict per person, and one per
            image.

        Raises:
            InputError: Something in the file or the folders cannot be used;
                the message says what.
        """
        annotations = load_annotations(self.ann_file, Needs(
            num_keypoints=self._metainfo['num_keypoints'],
            category=self.category, labels=not self.test_mode,
            visible_only=self.VISIBLE_ONLY,
            names=list(self._metainfo['keypoint_name2id'])))
        self._metainfo['CLASSES'] = annotations.categories
        self._check_folder()
        persons, images = self._of_sources(*self._parse(annotations))
        if self.test_mode:
            return persons, images
        return self._without_empty_boxes(persons), images

    def _parse(self, annotations: AnnotationSet) -> tuple[list[dict], list[dict]]:
        """Parse the records image by image, as MMPose orders them."""
        by_image = defaultdict(list)
        for record in annotations.persons:
            by_image[record['image_id']].append(record)
        persons, images = [], []
        for image in annotations.images:
            if image['id'] % self.sample_interval != 0:
                continue
            image.update(
                img_id=image['id'],
                img_path=osp.join(self.data_prefix['img'], image['file_name']))
            self._img_shapes[image['id']] = (image['height'], image['width'])
            images.append(image)
            persons += [
                self.parse_data_info(dict(raw_ann_info=record, raw_img_info=image))
                for record in by_image[image['id']]
            ]
        return persons, images

    def _check_folder(self) -> None:
        """Raise where the folder of the images is missing."""
        folder = self.data_prefix['img']
        if folder and not isdir(folder):
            raise InputError(
                f'{folder}: no such image folder; put the images there, '
                'set data_prefix, or set SASD_DATA_ROOT to the folder that '
                'holds the data sets')

    def _of_sources(self, persons: list[dict], images: list[dict]
                    ) -> tuple[list[dict], list[dict]]:
        """Keep what comes from the ``sources`` of ``filter_cfg``, if it has any.

        Raises:
            InputError: One of them has no images in the file.
        """
        sources = (self.filter_cfg or {}).get('sources')
        if sources is None:
            return persons, images
        known = {image.get('source') for image in images}
        missing = sorted(set(sources) - known)
        if missing:
            raise InputError(
                f'{self.ann_file}: no image has the source {missing[0]!r}; '
                'correct filter_cfg.sources, there are '
                f'{sorted(filter(None, known))}')
        images = [image for image in images if image.get('source') in sources]
        kept = {image['img_id'] for image in images}
        return [p for p in persons if p['img_id'] in kept], images

    def _without_empty_boxes(self, persons: list[dict]) -> list[dict]:
        """Leave out persons whose box, inside the image, is empty."""
        kept = [p for p in persons if (p['bbox'][:, 2:] > p['bbox'][:, :2]).all()]
        if persons and not kept:
            raise InputError(
                f'{self.ann_file}: none of its {len(persons)} persons has a '
                'box inside the image (x, y, width, height in pixels); mend '
                'the boxes or export the file again')
        return kept

    def _compare_sizes(self, data_list: list[dict]) -> None:
        """Look at some of the images; raise where one has another size.

        What cannot be read is for the pipeline to raise or to skip.
        """
        if not data_list:
            return
        for index in np.unique(np.linspace(
                0, len(data_list) - 1, IMAGES_TO_COMPARE, dtype=int)):
            info = data_list[index]
            path = info['img_path']
            if 'ann_img_shape' not in info or not osp.isfile(path):
                continue
            if stored_size(path) == tuple(info['ann_img_shape'])[::-1]:
                continue
            try:
                image = read_image(path)
            except UnreadableImage:
                continue
            try:
                check_image_size(info, image.shape[1::-1])
            except UnreadableImage as error:
                raise InputError(
                    f'{error}; put the annotations of these images into '
                    f'{self.ann_file}, or export both again') from error

    def _get_unserialized_subset(self, indices: int | Sequence[int]) -> list[dict]:
        """Take the images of ``indices``; raise where there are none."""
        try:
            subset = super()._get_unserialized_subset(indices)
        except IndexError:
            subset = []
        if not subset:
            raise InputError(
                f'{self.ann_file}: indices={indices!r} leaves none of its '
                f'{len(self.data_list)} images; give a number of images, or '
                f'numbers below {len(self.data_list)}')
        return subset

    def filter_data(self) -> list[dict]:
        """Filter as MMPose does, and by ``filter_empty_gt`` in training.

        Returns:
            list[dict]: The data infos that are kept.

        Raises:
            InputError: Nothing is left; the message has the counts.
        """
        data_list = super().filter_data()
        if not self.test_mode and (self.filter_cfg or {}).get('filter_empty_gt'):
            data_list = [d for d in data_list if np.any(d['keypoints_visible'] > 0)]
        if not data_list:
            raise InputError(
                f'{self.ann_file}: none of its {len(self.data_list)} images '
                'is left after filtering; check the labels, filter_cfg and '
                'sample_interval')
        return data_list

    def prepare_data(self, idx: int) -> dict | None:
        """Put one sample through the pipeline.

        Args:
            idx (int): Number of the sample.

        Returns:
            dict | None: The sample; None where the pipeline drops it.

        Raises:
            InputError: It dropped too many in a row.
        """
        data = super().prepare_data(idx)
        limit = min(MAX_EMPTY_IN_A_ROW, 4 * len(self))
        self._empty_in_a_row = (self._empty_in_a_row + 1 if self._is_empty(data) else 0)
        if self._empty_in_a_row >= limit:
            raise InputError(
                f'{self.ann_file}: of {limit} samples in a row (of '
                f'{len(self)} images) the pipeline left no person; they may '
                'be too small at input_size, see FilterAnnotations in the '
                'config')
        return data

    def _is_empty(self, data: dict | None) -> bool:
        """Whether the pipeline left nobody of an image that has people."""
        if data is None:
            return True
        if self.test_mode or not (self.filter_cfg or {}).get('filter_empty_gt'):
            return False
        labels = getattr(data.get('data_samples'), 'gt_instance_labels', {})
        return 'bboxes' in labels and len(labels.bboxes) == 0


@DATASETS.register_module()
class CheckedCocoDataset(CheckedAnnotationsMixin, CocoDataset):
    """:class:`CocoDataset` that explains what is wrong with its files."""


@DATASETS.register_module()
class CheckedCrowdPoseDataset(CheckedAnnotationsMixin, CrowdPoseDataset):
    """:class:`CrowdPoseDataset` that explains what is wrong with its files."""
    VISIBLE_ONLY = True
