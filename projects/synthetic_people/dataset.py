"""The data set of drawn people that configs name."""
from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from mmengine.utils import track_iter_progress
from mmpose.datasets.datasets.base import BaseCocoStyleDataset
from mmpose.registry import DATASETS

from sasd_mmpose.errors import InputError

from .body import POSES
from .scene import Scene, SceneSpec, render_scene

HONESTY = ('Drawn by a program. A result on these images says that the code '
           'works; it does not say how good a model is on photographs.')


@DATASETS.register_module()
class SyntheticPeople(BaseCocoStyleDataset):
    """Images of articulated people, drawn on the fly from a seed.

    People are drawn, not photographed: capsules and ellipsoids on a small
    kinematic skeleton, before painted rooms and streets. Reaching some AP here
    says that training, decoding and evaluation work; it does **not** say how
    good a model is on photographs, and no figure from this set may stand next
    to one from COCO.

    Image ``i`` depends on ``seed``, ``i`` and the arguments below and on
    nothing else: it is the same in every process, every epoch and any order of
    access. Train and test sets differ by their seeds.

    The annotations are those of COCO: visible box and visible area of each
    person, keypoints with visibility 2 (seen), 1 (hidden by something or by
    the own body) and 0 (outside of the image, at (0, 0)). Evaluation needs
    no file: ``dict(type='CocoMetric', score_mode='bbox', nms_mode='none')``
    with ``'raw_ann_info'`` among the packed meta keys.

    ``get_data_info`` puts the image into ``'img'``, where MMPose's
    ``LoadImage`` picks it up; pipelines need no change. ``'img_path'`` names
    the file that :meth:`export` would write, and nothing on this machine.

    Args:
        num_images (int): Number of images.
        image_size (tuple): ``(w, h)`` in pixels, or ``((w, h), (w, h))`` for
            the least and greatest sizes, drawn per image.
        min_people (int): Least number of people to place. 0, for images
            without people, serves tests only, as with COCO.
        max_people (int): Greatest number of people to place. Who would hardly
            be seen is left out, so an image may show fewer than
            ``min_people``, but never nobody unless ``min_people`` is 0.
        person_height (tuple[float, float]): Range of people's standing
            heights, in image heights.
        poses (Sequence[str], optional): Names of the poses people may take,
            of those in ``body.POSES``; all of them by default.
        seed (int): The seed, not negative.
        cache (int): Number of drawn images to keep in memory, per process.
            The first ones drawn stay, so that with shuffling the share of
            images that need no drawing is ``cache / num_images``.
        data_mode (str): ``'bottomup'``; there is no other.
        metainfo (dict, optional): Another selection of keypoints, such as
            ``dict(from_file='configs/_base_/datasets/crowdpose.py')``.
        pipeline (Sequence): Transforms.
        test_mode (bool): Whether the set serves evaluation.
        indices (int | Sequence[int], optional): Which images to use.
        lazy_init (bool): Whether to put off the list of images.
        max_refetch (int): See :class:`mmengine.dataset.BaseDataset`.

    Raises:
        InputError: Where an argument cannot be met.
    """

    METAINFO: dict = dict(from_file='configs/_base_/datasets/coco.py')

    def __init__(self,
                 num_images: int = 2000,
                 image_size: Sequence = (320, 320),
                 min_people: int = 1,
                 max_people: int = 5,
                 person_height: tuple[float, float] = (0.1, 0.95),
                 poses: Sequence[str] | None = None,
                 seed: int = 0,
                 cache: int = 256,
                 data_mode: str = 'bottomup',
                 metainfo: dict | None = None,
                 pipeline: Sequence[dict | Callable] = (),
                 test_mode: bool = False,
                 indices: int | Sequence[int] | None = None,
                 lazy_init: bool = False,
                 max_refetch: int = 1000) -> None:
        _require(data_mode == 'bottomup', 'data_mode', data_mode,
                 "'bottomup'")
        _require(num_images >= 1, 'num_images', num_images, 'at least 1')
        _require(seed >= 0, 'seed', seed, 'at least 0')
        _require(cache >= 0, 'cache', cache, 'at least 0')
        _require(min_people >= (0 if test_mode else 1), 'min_people',
                 min_people, 'at least 1, or 0 with test_mode=True')
        _require(min_people <= max_people <= 200, 'max_people', max_people,
                 'from min_people to 200')
        low, high = person_height
        _require(0 < low <= high, 'person_height', person_height,
                 'two positive numbers, the smaller one first')
        poses = tuple(POSES) if poses is None else tuple(poses)
        _require(poses and set(poses) <= POSES.keys(), 'poses', poses,
                 f'some of {", ".join(POSES)}')
        self.spec = SceneSpec(*_parse_size(image_size), min_people,
                              max_people, (float(low), float(high)),
                              poses)
        self.num_images = num_images
        self.seed = seed
        self.cache_size = cache
        self._cache: dict[int, tuple[np.ndarray, list[dict]]] = {}
        # With ann_file=None the evaluator takes the labels of the samples.
        super().__init__(
            ann_file=None,
            data_mode=data_mode,
            metainfo=metainfo,
            pipeline=list(pipeline),
            test_mode=test_mode,
            indices=indices,
            lazy_init=lazy_init,
            max_refetch=max_refetch)

    @classmethod
    def _load_metainfo(cls, metainfo: dict | None = None) -> dict:
        """Parse metainfo, under a name and with a category of its own."""
        metainfo = super()._load_metainfo(metainfo or dict(cls.METAINFO))
        names = list(metainfo['keypoint_id2name'].values())
        metainfo['dataset_name'] = 'synthetic_people'
        metainfo['CLASSES'] = [
            dict(
                id=1,
                name='person',
                supercategory='person',
                keypoints=names,
                skeleton=[[a + 1, b + 1]
                          for a, b in metainfo['skeleton_links']])
        ]
        return metainfo

    def __getstate__(self) -> dict:
        """Leave the cache behind when the set moves to another process."""
        return {**self.__dict__, '_cache': {}}

    def load_data_list(self) -> list[dict]:
        """List the images; nothing is drawn yet."""
        return [
            dict(
                img_id=index + 1,
                img_path=f'{self.metainfo["dataset_name"]}/seed{self.seed}/'
                f'{_file_name(index + 1)}') for index in range(self.num_images)
        ]

    def render(self, index: int) -> Scene:
        """Draw image ``index``, with everything that is known about it.

        Args:
            index (int): The image's number, from 0, whatever ``indices``
                selects.
        """
        return render_scene(self.spec,
                            np.random.default_rng([self.seed, index]))

    def get_data_info(self, idx: int) -> dict:
        """Get an image with its annotations, as ``CocoDataset`` does.

        Args:
            idx (int): Index into the set.

        Returns:
            dict: Besides the keys of ``CocoDataset`` in bottomup mode,
            ``'img'``: BGR uint8, (h, w, 3). Boxes ``(n, 4)`` are xyxy,
            ``'area'`` (n,) counts visible pixels.
        """
        data_info = super().get_data_info(idx)
        img_id, img_path = data_info['img_id'], data_info['img_path']
        image, annotations = self._drawn(img_id)
        height, width = image.shape[:2]
        img_info = dict(
            img_id=img_id, img_path=img_path, width=width, height=height)
        instances = [
            self.parse_data_info(
                dict(raw_ann_info=annotation, raw_img_info=img_info))
            for annotation in annotations
        ]
        data_info.update(
            self._get_bottomup_data_infos(instances, [img_info])[0])
        data_info['img'] = image.copy()
        data_info['img_shape'] = data_info['ori_shape'] = (height, width)
        return data_info

    def export(self, folder: str | Path, quality: int = 95) -> Path:
        """Write the set in COCO's format.

        The images go to ``folder/images`` as JPEG, the annotations to
        ``folder/annotations.json``.

        Args:
            folder (str | Path): Made where it does not exist.
            quality (int): Of the JPEG files.

        Returns:
            Path: The annotation file.

        Raises:
            InputError: Where the folder cannot be written.
        """
        folder = Path(folder)
        try:
            (folder / 'images').mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f'{folder}: cannot be written ({error.strerror}); '
                             'name another folder') from error
        images, annotations = [], []
        for idx in track_iter_progress(range(len(self))):
            img_id = super().get_data_info(idx)['img_id']
            image, found = self._drawn(img_id)
            path = folder / 'images' / _file_name(img_id)
            if not cv2.imwrite(
                    str(path), image, [cv2.IMWRITE_JPEG_QUALITY, quality]):
                raise InputError(f'{path}: cannot be written; is the disk '
                                 'full?')
            images.append(
                dict(
                    id=img_id,
                    file_name=path.name,
                    width=image.shape[1],
                    height=image.shape[0]))
            annotations.extend(found)
        target = folder / 'annotations.json'
        target.write_text(
            json.dumps(
                dict(
                    info=dict(description=f'SyntheticPeople. {HONESTY}'),
                    licenses=[],
                    images=images,
                    annotations=annotations,
                    categories=self.metainfo['CLASSES'])))
        return target

    def _drawn(self, img_id: int) -> tuple[np.ndarray, list[dict]]:
        """An image and its COCO annotations, from the cache if there."""
        if img_id in self._cache:
            return self._cache[img_id]
        scene = self.render(img_id - 1)
        drawn = (scene.image, self._annotate(scene, img_id))
        if len(self._cache) < self.cache_size:
            self._cache[img_id] = drawn
        return drawn

    def _annotate(self, scene: Scene, img_id: int) -> list[dict]:
        names = self._metainfo['keypoint_id2name'].values()
        annotations = []
        for number, person in enumerate(scene.people):
            unknown = [name for name in names if name not in person.keypoints]
            if unknown:
                raise InputError(
                    f'metainfo: SyntheticPeople has no keypoint {unknown[0]!r};'
                    f' it knows {", ".join(person.keypoints)}')
            keypoints = [person.keypoints[name] for name in names]
            annotations.append(
                dict(
                    # COCO's evaluation takes id 0 for "not matched".
                    id=img_id * 1000 + number,
                    image_id=img_id,
                    category_id=1,
                    iscrowd=0,
                    bbox=list(person.box),
                    area=person.area,
                    num_keypoints=sum(v > 0 for *_, v in keypoints),
                    keypoints=[
                        round(value, 2) for point in keypoints
                        for value in point
                    ]))
        return annotations


def _file_name(img_id: int) -> str:
    return f'{img_id:012d}.jpg'


def _require(met: bool, key: str, value: object, want: str) -> None:
    if not met:
        raise InputError(
            f'SyntheticPeople: {key}={value!r}; it must be {want}')


def _parse_size(
        image_size: Sequence) -> tuple[tuple[int, int], tuple[int, int]]:
    """Least and greatest ``(w, h)`` from either form of ``image_size``."""
    sides = np.asarray(image_size)
    good = (
        sides.shape in ((2, ), (2, 2)) and np.issubdtype(sides.dtype, np.integer)
        and sides.min() >= 32)
    low, high = np.broadcast_to(sides, (2, 2)).tolist() if good else (None,
                                                                      None)
    _require(good and all(a <= b for a, b in zip(low, high, strict=True)),
             'image_size', image_size,
             '(w, h) or ((w, h), (w, h)) in whole pixels, at least 32')
    return tuple(low), tuple(high)
