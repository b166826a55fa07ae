"""Images that tell where each of their pixels comes from, with persons on them.

The images are ramps: a pixel's grey value tells its x, or in a second set
its y. Wherever a label ends up, the image's value there must tell where it
came from. Averaged over many labels this sees a shift of a tenth of a pixel.
"""
from __future__ import annotations

import numpy as np
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from sasd_mmpose.datasets import LoadPoseImage

META = parse_pose_metainfo(dict(from_file='configs/_base_/datasets/coco.py'))
K = META['num_keypoints']
SIDE = 128
UNITS = 4  # grey values per pixel


class Ramps:
    """Images of up to 62 pixels whose values are ``UNITS`` x coordinate.

    Args:
        axis (int): 0 for x, 1 for y.
        num (int): Number of images.
        broken (Sequence[int]): Images that cannot be loaded.
    """

    def __init__(self, axis: int = 0, num: int = 12, broken=()) -> None:
        rng = np.random.default_rng(0)
        self.samples = []
        for i in range(num):
            width, height = rng.integers(30, 62, 2)
            n = int(rng.integers(0, 4))
            grid = np.mgrid[:height, :width][1 - axis]
            points = rng.uniform(3, (width - 4, height - 4), (n, K, 2))
            boxes = np.concatenate(
                [points.min(axis=1) - 1, points.max(axis=1) + 1], axis=1)
            self.samples.append(dict(
                img=(UNITS * grid).astype(np.uint8), img_path=f'{i}.png',
                bbox=boxes.astype(np.float32),
                # Tells the person after all transforms.
                bbox_score=(100 * i + np.arange(n)).astype(np.float32),
                category_id=np.ones(n, np.int64),
                keypoints=points.astype(np.float32),
                keypoints_visible=np.ones((n, K), np.float32),
                area=np.full(n, 100., np.float32),
                raw_ann_info=[{}] * n, id=list(range(n)),
                flip_indices=META['flip_indices']))
            if i in broken:
                self.samples[-1]['img'] = np.zeros((0, 0, 3), np.uint8)

    def __len__(self) -> int:
        return len(self.samples)

    def get_data_info(self, i: int) -> dict:
        return {key: value.copy() if isinstance(value, np.ndarray) else value
                for key, value in self.samples[i].items()}

    def source(self, score: float) -> np.ndarray:
        """Keypoints ``(K, 2)`` of the person with this score."""
        return self.samples[int(score) // 100]['keypoints'][int(score) % 100]

    def start(self, i: int) -> dict:
        """What a data set hands to its pipeline."""
        return dict(LoadPoseImage()(self.get_data_info(i)), dataset=self)


def value_at(img: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Bilinear value of the first channel at ``(n, 2)`` points."""
    height, width = img.shape[:2]
    low = np.floor(points).astype(int)
    low = np.minimum(low, [width - 2, height - 2])
    fx, fy = (points - low).T
    x, y = low.T
    img = img[..., 0].astype(float)
    return ((1 - fy) * ((1 - fx) * img[y, x] + fx * img[y, x + 1])
            + fy * ((1 - fx) * img[y + 1, x] + fx * img[y + 1, x + 1]))


def label_errors(data: Ramps, axis: int, img: np.ndarray, persons: dict,
                 flipped: bool = False) -> np.ndarray:
    """How far, in source pixels, labels are from the content they mark."""
    errors = []
    for score, points, visible in zip(persons['bbox_score'],
                                      persons['keypoints'],
                                      persons['keypoints_visible'],
                                      strict=True):
        source = data.source(score)
        if flipped:
            source = source[META['flip_indices']]
        seen = visible > 0
        errors.append(value_at(img, points[seen]) / UNITS - source[seen, axis])
    return np.concatenate(errors) if errors else np.zeros(0)


def assert_on_pixels(errors: np.ndarray, tolerance: float = 0.5) -> None:
    assert len(errors) > 1000
    assert np.abs(errors).max() < tolerance
    assert abs(errors.mean()) < 0.05
