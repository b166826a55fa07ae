"""The fused mosaic shows and labels what its plain restatement does."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from sasd_mmpose import InputError
from sasd_mmpose.datasets import PoseMosaicAffine

META = parse_pose_metainfo(dict(from_file='configs/_base_/datasets/coco.py'))
K = META['num_keypoints']
SIDE = 192
PERSONS = ('bbox', 'keypoints', 'keypoints_visible', 'area')


class Photographs:
    """Smooth colour images in files, with up to three persons each.

    The red value tells x and the green one y, as shares of the image's size.

    Args:
        folder (Path): Where to write the files.
        kind (str): Their suffix.
        num (int): Number of images.
        longest (int): Largest width and height in pixels.
    """

    def __init__(self, folder: Path, kind: str = 'jpg', num: int = 8,
                 longest: int = 400) -> None:
        rng = np.random.default_rng(0)
        self.samples = []
        for i in range(num):
            width, height = (int(side) for side in rng.integers(
                longest // 3, longest, 2))
            img = np.full((height, width, 3), 60, np.uint8)
            img[..., 2] = np.round(255 * (np.arange(width) + 0.5) / width)
            img[..., 1] = np.round(
                255 * (np.arange(height) + 0.5) / height)[:, None]
            path = folder / f'{i}.{kind}'
            cv2.imwrite(str(path), img, [cv2.IMWRITE_JPEG_QUALITY, 98])
            n = int(rng.integers(0, 4))
            points = rng.uniform(0, (width - 1, height - 1), (n, K, 2))
            boxes = np.concatenate([points.min(1), points.max(1)], axis=1)
            self.samples.append(dict(
                img_path=str(path), bbox=boxes.astype(np.float32),
                bbox_score=(100 * i + np.arange(n)).astype(np.float32),
                category_id=np.ones(n, np.int64),
                keypoints=points.astype(np.float32),
                keypoints_visible=np.ones((n, K), np.float32),
                area=np.full(n, 100., np.float32),
                flip_indices=META['flip_indices']))

    def __len__(self) -> int:
        return len(self.samples)

    def get_data_info(self, i: int) -> dict:
        return {key: value.copy() if isinstance(value, np.ndarray) else value
                for key, value in self.samples[i].items()}

    def start(self, i: int) -> dict:
        return dict(self.get_data_info(i), dataset=self)


@pytest.fixture(params=['jpg', 'png'])
def photographs(request, tmp_path: Path) -> Photographs:
    return Photographs(tmp_path, request.param)


def plain_mosaic(data: Photographs, first: int, prob: float) -> dict:
    """Resize, paste, warp: the whole augmentation in the plainest words.

    Draws come in the order of ``PoseMosaic`` and ``PoseRandomAffine``.
    """
    mosaic = np.random.uniform(0, 1) < prob
    numbers = [first]
    if mosaic:
        numbers += [np.random.randint(len(data)) for _ in range(3)]
        seam_x = int(np.random.uniform(0.5, 1.5) * SIDE)
        seam_y = int(np.random.uniform(0.5, 1.5) * SIDE)
    gain = np.random.uniform(0.5, 1.5)
    shift = np.random.uniform(-0.1, 0.1, 2) * SIDE

    tiles = []
    for number in numbers:
        sample = data.samples[number]
        img = cv2.imread(sample['img_path'])
        height, width = img.shape[:2]
        ratio = min(SIDE / width, SIDE / height)
        tiles.append((sample, cv2.resize(
            img, (round(width * ratio), round(height * ratio))),
            width, height))
    canvas_w, canvas_h = ((2 * SIDE, 2 * SIDE) if mosaic
                          else tiles[0][1].shape[1::-1])
    # A wide border takes what sticks out of the canvas.
    wide = np.full((canvas_h + 2 * SIDE, canvas_w + 2 * SIDE, 3), 114, np.uint8)
    labels = []
    for spot, (sample, img, width, height) in enumerate(tiles):
        h, w = img.shape[:2]
        left = 0 if not mosaic else seam_x if spot % 2 else seam_x - w
        top = 0 if not mosaic else seam_y if spot >= 2 else seam_y - h
        wide[SIDE + top:SIDE + top + h, SIDE + left:SIDE + left + w] = img
        for box, points, score in zip(
                sample['bbox'], sample['keypoints'], sample['bbox_score']):
            both = np.concatenate([box.reshape(2, 2), points])
            both = (both + 0.5) * (w / width, h / height) - 0.5 + (left, top)
            labels.append((score, both))
    canvas = wide[SIDE:-SIDE, SIDE:-SIDE]

    center = np.array([canvas_w - 1, canvas_h - 1]) / 2
    target = (SIDE - 1) / 2 + shift
    if mosaic:
        # The seams go between two pixels.
        seams = np.array([seam_x, seam_y])
        edges = gain * (seams - 0.5 - center) + target + 0.5
        target = target + np.round(edges) - edges
    offset = target - gain * center
    matrix = np.column_stack([np.eye(2) * gain, offset])
    img = cv2.warpAffine(canvas, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR,
                         borderValue=(114, ) * 3)
    persons = []
    for score, both in labels:
        last = np.array([canvas_w - 1, canvas_h - 1])
        seen = ((both[2:] >= 0) & (both[2:] <= last)).all(axis=1)
        box = np.clip(both[:2], 0, last) * gain + offset
        points = both[2:] * gain + offset
        inside = np.clip(box, 0, SIDE - 1)
        seen &= ((points >= 0) & (points <= SIDE - 1)).all(axis=1)
        if np.prod(inside[1] - inside[0]) >= 0.1 * np.prod(box[1] - box[0]):
            persons.append((score, inside.ravel(), points, seen))
    return dict(img=img, persons=persons, gain=gain, numbers=numbers)


@pytest.mark.parametrize('prob', [0., 0.5, 1.])
def test_labels_are_exactly_those_of_the_plain_way(photographs, prob):
    mosaic = PoseMosaicAffine((SIDE, SIDE), prob=prob, size_factor=32)
    total = 0
    for seed in range(60):
        first = seed % len(photographs)
        np.random.seed(seed)
        plain = plain_mosaic(photographs, first, prob)
        np.random.seed(seed)
        fast = mosaic(photographs.start(first))
        assert [int(Path(path).stem) for path in fast['mosaic_img_paths']] \
            == plain['numbers']
        assert fast['bbox_score'].tolist() == [p[0] for p in plain['persons']]
        for i, (_, box, points, seen) in enumerate(plain['persons']):
            np.testing.assert_allclose(fast['bbox'][i], box, atol=2e-3)
            np.testing.assert_allclose(fast['keypoints'][i], points, atol=2e-3)
            # A keypoint on the very edge may fall on either side of it.
            assert ((fast['keypoints_visible'][i] > 0) != seen).sum() <= 1
        total += len(plain['persons'])
        assert fast['img'].shape == (SIDE, SIDE, 3)
        assert fast['img_shape'] == (SIDE, SIDE)
    assert total > 60


@pytest.mark.parametrize('prob', [0., 1.])
def test_pixels_are_those_of_the_plain_way(photographs, prob):
    """But for the edges of images, which lie at whole pixels here."""
    mosaic = PoseMosaicAffine((SIDE, SIDE), prob=prob)
    for seed in range(60):
        first = seed % len(photographs)
        np.random.seed(seed)
        plain = plain_mosaic(photographs, first, prob)['img'].astype(int)
        np.random.seed(seed)
        fast = mosaic(photographs.start(first))['img'].astype(int)
        difference = np.abs(fast - plain).max(axis=2)
        assert np.median(difference) <= 1
        # At most twelve edges, of which each may be off by a pixel.
        assert (difference > 6).sum() < 12 * SIDE
        edges = cv2.dilate((difference > 6).astype(np.uint8), np.ones((3, 3)))
        assert np.abs(difference[edges == 0]).mean() < 1.5


def test_labels_are_on_their_pixels(photographs):
    """Red and green tell where in its image a shown pixel comes from."""
    mosaic = PoseMosaicAffine((SIDE, SIDE), scale_factor=(0.3, 1.5))
    errors = []
    for seed in range(80):
        np.random.seed(seed)
        results = mosaic(photographs.start(seed % len(photographs)))
        for score, points, seen in zip(*(
                results[key] for key in (
                    'bbox_score', 'keypoints', 'keypoints_visible'))):
            sample = photographs.samples[int(score) // 100]
            size = np.array(cv2.imread(sample['img_path']).shape[1::-1])
            source = sample['keypoints'][int(score) % 100]
            for point, origin in zip(points[seen > 0], source[seen > 0]):
                x, y = np.round(point).astype(int)
                colour = results['img'][y, x, [2, 1]].astype(float)
                # Half a pixel of rounding goes both ways.
                errors.append(colour / 255 * size - 0.5 - origin)
    errors = np.array(errors)
    assert len(errors) > 300
    # Images overlap nowhere, so only edges of images can be far off.
    good = np.abs(errors).max(axis=1) < 6
    assert good.mean() > 0.97
    assert np.abs(np.median(errors[good], axis=0)).max() < 0.5


def test_broken_files_are_replaced_and_reported(tmp_path):
    data = Photographs(tmp_path, num=6)
    for i in 2, 3:
        file = tmp_path / f'{i}.jpg'
        file.write_bytes(file.read_bytes()[:-300])  # its header is whole
    (tmp_path / '4.jpg').write_bytes(b'')
    (tmp_path / '5.jpg').unlink()
    mosaic = PoseMosaicAffine((SIDE, SIDE), on_error='skip',
                              scale_factor=(0.5, 0.7))
    skipped = set()
    for i in range(30):
        results = mosaic(data.start(i % 2))
        names = [Path(path).stem for path in results['mosaic_img_paths']]
        assert set(names) <= {'0', '1'}
        assert names[0] == str(i % 2)
        skipped |= {Path(line.split(':')[0]).stem
                    for line in results.get('skipped_images', ())}
    assert skipped == {'2', '3', '4', '5'}
    for i in 2, 4, 5:
        assert mosaic(data.start(i)) is None
        lines = mosaic(data.start(0))['skipped_images']
        assert any(f'{i}.jpg' in line for line in lines)
        alone = Photographs(tmp_path / 'others', num=0)
        alone.samples = [data.samples[i]]
        with pytest.raises(InputError, match=f'{i}.jpg'):
            PoseMosaicAffine((SIDE, SIDE))(alone.start(0))


def test_a_wrong_folder_does_not_go_on_for_ever(tmp_path):
    data = Photographs(tmp_path, num=3)
    for i in 1, 2:
        (tmp_path / f'{i}.jpg').unlink()
    data.samples = [data.samples[0], *data.samples[1:] * 200]
    mosaic = PoseMosaicAffine((SIDE, SIDE), on_error='skip')
    with pytest.raises(InputError, match='data_prefix'):
        mosaic(data.start(0))


@pytest.mark.parametrize('shape', [(20, 1), (1, 20), (1, 1), (3, 10_000),
                                   (10_000, 3)])
@pytest.mark.parametrize('prob', [0., 1.])
def test_extreme_images_without_persons(shape, prob):

    class Arrays(Photographs):

        def __init__(self):
            self.samples = [dict(
                img=np.full(shape, 7, np.uint8), img_path='a.png',
                flip_indices=META['flip_indices'])]

    for _ in range(20):
        results = PoseMosaicAffine((SIDE, SIDE), prob=prob)(Arrays().start(0))
        assert results['img'].shape == (SIDE, SIDE, 3)
        assert results['keypoints'].shape == (0, K, 2)


def test_input_size_must_fit_the_strides():
    with pytest.raises(InputError, match='stride 64'):
        PoseMosaicAffine((128, 200), size_factor=64)


def moments(samples: list[dict]) -> np.ndarray:
    """Means and deviations of colours, boxes, keypoints and their number."""
    images = np.array([np.r_[s['img'].mean((0, 1)), s['img'].std((0, 1))]
                       for s in samples])
    boxes = np.concatenate([s['bbox'] for s in samples])
    boxes = np.c_[boxes, boxes[:, 2:] - boxes[:, :2]]
    points = np.concatenate(
        [s['keypoints'][s['keypoints_visible'] > 0] for s in samples])
    counts = np.array([len(s['bbox']) for s in samples])[:, None]
    return [(np.r_[a.mean(0), a.std(0)],
             np.r_[a.std(0), a.std(0)] / np.sqrt(len(a)))
            for a in (images, boxes, points, counts)]


@pytest.mark.slow
def test_distribution_is_that_of_the_two_transforms(tmp_path):
    """Other random numbers, the same moments within four standard errors."""
    from projects.paper_tables.variants import PoseMosaic
    from sasd_mmpose.datasets import LoadPoseImage, PoseRandomAffine
    data = Photographs(tmp_path, num=40, longest=260)
    load, warp = LoadPoseImage(), PoseRandomAffine((SIDE, SIDE))
    paste = PoseMosaic((SIDE, SIDE), pre_transform=[load])
    fast = PoseMosaicAffine((SIDE, SIDE))
    keys = ('img', *PERSONS)
    sets = []
    for seed, transforms in ((1, (load, paste, warp)), (2, (fast, ))):
        np.random.seed(seed)
        samples = []
        for i in range(3000):
            results = data.start(i % len(data))
            for transform in transforms:
                results = transform(results)
            samples.append({key: results[key] for key in keys})
            samples[-1]['img'] = samples[-1]['img'][::4, ::4]
        sets.append(moments(samples))
    for (ours, error), (theirs, _) in zip(sets[1], sets[0]):
        # Persons of one image move together: errors are twice as large.
        assert np.all(np.abs(ours - theirs) < 4 * 2 * error * np.sqrt(2))
