"""Four images in one, for training."""
from __future__ import annotations

import mmcv
import numpy as np
from mmengine.dataset import BaseDataset
from mmpose.datasets.transforms import Mosaic
from mmpose.registry import TRANSFORMS
from numpy import random

from sasd_mmpose.datasets.transforms.persons import (
    Persons,
    clip_persons,
    get_persons,
    join_persons,
    move_persons,
    set_persons,
)
from sasd_mmpose.errors import InputError

LOCATIONS = ('top_left', 'top_right', 'bottom_left', 'bottom_right')
MAX_DRAWS = 1000


@TRANSFORMS.register_module()
class PoseMosaic(Mosaic):
    """Mosaic of four images that copes with whatever a data set holds.

    For pipelines that do something of their own with the mosaic, rotate it for
    instance: ``PoseMosaicAffine``, which makes it and cuts the input out of it
    at once, is faster and cannot.

    Arguments and layout are those of :class:`mmpose.datasets.Mosaic`. What
    differs:

    - An image that the ``pre_transform`` cannot load (None) is replaced by
      another draw.
    - Images of any shape and without persons are welcome.
    - Labels follow the pixels exactly: resizing maps the centre of a pixel to
      where its content goes, with the scale that rounding to whole pixels
      leaves. MMPose is off by up to a pixel there.
    - With probability 1 - ``prob`` the image is only fitted into
      ``img_scale``, so that what follows always sees images of that scale.

    Required Keys:

        - img (uint8, BGR), flip_indices, dataset (for the other three)
        - img_path (optional)
        - the persons' arrays (optional), see
          :mod:`sasd_mmpose.datasets.transforms.persons`

    Modified Keys:

        - img, img_shape: (2 H, 2 W) for ``img_scale=(W, H)``
        - the persons' arrays; boxes are clipped and keypoints outside the
          mosaic are unlabelled
        - mosaic_img_paths: the paths of the images, row by row
        - skipped_images (optional): those of all four images

    Raises:
        InputError: No image could be drawn from the data set.
    """

    def transform(self, results: dict) -> dict:
        """Make a mosaic of this sample and three others.

        Args:
            results (dict): See the class.

        Returns:
            dict: ``results``.
        """
        if random.uniform(0, 1) < self.prob:
            results['mixed_data_list'] = self._get_mixed_data_list(results['dataset'])
            return self.apply_mix(results)
        img, persons = self._fit(results)
        self._finish(results, img, persons, [results])
        return results

    def apply_mix(self, results: dict) -> dict:
        """Paste the four images around a random centre.

        Args:
            results (dict): The sample, with ``mixed_data_list``, three more.

        Returns:
            dict: ``results``.
        """
        samples = [results, *results.pop('mixed_data_list')]
        width, height = self.img_scale
        mosaic = np.full((2 * height, 2 * width, 3), self.pad_val, np.uint8)
        center = (int(random.uniform(*self.center_range) * width),
                  int(random.uniform(*self.center_range) * height))
        groups = []
        for location, sample in zip(LOCATIONS, samples, strict=True):
            img, persons = self._fit(sample)
            (x1, y1, x2, y2), (left, top, right, bottom) = \
                self._mosaic_combine(location, center, img.shape[1::-1])
            mosaic[y1:y2, x1:x2] = img[top:bottom, left:right]
            groups.append(move_persons(persons, (1, 1), (x1 - left, y1 - top)))
        self._finish(results, mosaic, join_persons(groups), samples)
        return results

    def _get_mixed_data_list(self, dataset: BaseDataset) -> list[dict]:
        """Draw the other samples; one may be drawn twice."""
        return [self._draw(dataset) for _ in range(self.num_aux_image)]

    def _draw(self, dataset: BaseDataset) -> dict:
        for _ in range(MAX_DRAWS):
            sample = dataset.get_data_info(random.randint(len(dataset)))
            sample['dataset'] = dataset
            if self.pre_transform is not None:
                sample = self.pre_transform(sample)
            if sample is not None:
                return sample
        raise InputError(
            f'PoseMosaic: pre_transform gave no image in {MAX_DRAWS} draws; '
            'check data_prefix and the pre_transform of the config')

    def _fit(self, sample: dict) -> tuple[np.ndarray, Persons]:
        """Resize an image and its persons to just fit into ``img_scale``."""
        img = sample['img']
        height, width = img.shape[:2]
        ratio = min(self.img_scale[0] / width, self.img_scale[1] / height)
        # A very long image keeps at least a line of pixels.
        size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
        if size != (width, height):
            img = mmcv.imresize(img, size)
        scale = np.array(size) / (width, height)
        # Resizing keeps the borders: -0.5 stays -0.5.
        return img, move_persons(get_persons(sample), scale, scale / 2 - 0.5)

    @staticmethod
    def _finish(results: dict, img: np.ndarray, persons: Persons,
                samples: list[dict]) -> None:
        """Write the image, its persons and where they come from."""
        height, width = img.shape[:2]
        results['img'] = img
        results['img_shape'] = (height, width)
        set_persons(results, clip_persons(persons, width, height))
        results['mosaic_img_paths'] = tuple(
            sample.get('img_path') for sample in samples)
        skipped = sum((s.get('skipped_images', ()) for s in samples), ())
        if skipped:
            results['skipped_images'] = skipped
