"""Images of every kind load; broken ones are skipped or named."""
from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from mmengine.dataset import BaseDataset, pseudo_collate
from mmengine.structures import BaseDataElement
from mmpose.registry import TRANSFORMS
from PIL import Image

from sasd_mmpose import InputError
from sasd_mmpose.datasets import LoadPoseImage
from sasd_mmpose.datasets.transforms.loading import MAX_FAILURES_IN_A_ROW, to_bgr_uint8
from sasd_mmpose.engine.hooks import SkippedImagesHook


@pytest.fixture
def image() -> np.ndarray:
    """A smooth colour image, ``(20, 30, 3)``, BGR."""
    y, x = np.mgrid[:20, :30]
    return np.stack([8 * x, 10 * y, 4 * (x + y)], -1).astype(np.uint8)


def load(path, **kwargs):
    return LoadPoseImage(**kwargs)(dict(img_path=str(path)))


def test_plain_image_and_its_keys(tmp_path, image):
    cv2.imwrite(str(tmp_path / 'a.png'), image)
    results = load(tmp_path / 'a.png')
    np.testing.assert_array_equal(results['img'], image)
    assert results['img_shape'] == results['ori_shape'] == (20, 30)
    assert 'skipped_images' not in results


@pytest.mark.parametrize('kind', ['grey', 'alpha', '16 bit', '16 bit grey'])
@pytest.mark.parametrize('way', ['file', 'array'])
def test_kinds_of_images(tmp_path, image, kind, way):
    grey = image[..., 1]
    made, wanted = {
        'grey': (grey, np.stack([grey] * 3, -1)),
        'alpha': (cv2.cvtColor(image, cv2.COLOR_BGR2BGRA), image),
        '16 bit': (image.astype(np.uint16) * 257, image),
        '16 bit grey': (grey.astype(np.uint16) * 257,
                        np.stack([grey] * 3, -1)),
    }[kind]
    if way == 'file':
        cv2.imwrite(str(tmp_path / 'a.png'), made)
        results = load(tmp_path / 'a.png')
    else:
        results = LoadPoseImage()(dict(img=made))
        assert results['img_path'] is None
    assert results['img'].dtype == np.uint8
    np.testing.assert_array_equal(results['img'], wanted)


@pytest.mark.parametrize(('height', 'width'), [(20, 1), (1, 20), (1, 1),
                                               (3, 10_000)])
def test_extreme_sizes(tmp_path, height, width):
    cv2.imwrite(str(tmp_path / 'a.png'), np.full((height, width), 7, np.uint8))
    assert load(tmp_path / 'a.png')['img'].shape == (height, width, 3)


def test_exif_orientation_is_applied(tmp_path, image):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    Image.fromarray(image[..., ::-1]).save(
        tmp_path / 'a.jpg', exif=exif, quality=100, subsampling=0)
    img = load(tmp_path / 'a.jpg')['img']
    turned = cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE)
    assert img.shape == turned.shape
    assert np.abs(img.astype(int) - turned).max() < 12


@pytest.mark.parametrize('array', [
    np.zeros((0, 5, 3), np.uint8), np.zeros((5, 5, 2), np.uint8),
    np.zeros((5, 5, 3), np.int32), np.zeros(5, np.uint8),
])
def test_arrays_that_are_no_images(array):
    with pytest.raises(ValueError, match='is no image'):
        to_bgr_uint8(array)
    with pytest.raises(InputError, match='an image: .* is no image'):
        LoadPoseImage()(dict(img=array))


def write_broken(folder, image):
    """One empty, one cut off, one text and one missing file."""
    jpg = cv2.imencode('.jpg', cv2.resize(image, (300, 200)))[1].tobytes()
    for name, content in {'empty.jpg': b'', 'cut.jpg': jpg[:len(jpg) // 2],
                          'text.png': b'not an image'}.items():
        (folder / name).write_bytes(content)
    return ['empty.jpg', 'cut.jpg', 'text.png', 'missing.jpg']


def test_broken_images_are_named_in_testing(tmp_path, image):
    for name in write_broken(tmp_path, image):
        with pytest.raises(InputError, match=name) as info:
            load(tmp_path / name)
        assert '\n' not in str(info.value)


def test_broken_images_are_skipped_and_reported_in_training(
        tmp_path, image):
    names = write_broken(tmp_path, image)
    cv2.imwrite(str(tmp_path / 'good.png'), image)
    transform = LoadPoseImage(on_error='skip')
    for name in names:
        assert transform(dict(img_path=str(tmp_path / name))) is None
    good = dict(img_path=str(tmp_path / 'good.png'))
    lines = transform(dict(good))['skipped_images']
    assert len(lines) == len(names)
    for name, line in zip(names, lines, strict=True):
        assert name in line
    assert 'skipped_images' not in transform(dict(good))


def test_a_wrong_folder_does_not_go_on_for_ever():
    transform = LoadPoseImage(on_error='skip')
    with pytest.raises(InputError, match='data_prefix'):
        for i in range(MAX_FAILURES_IN_A_ROW):
            transform(dict(img_path=f'/nowhere/{i}.jpg'))


@pytest.mark.parametrize('shape', [(20, 30), (20., 30.)])
def test_a_image_of_the_stated_size_passes(tmp_path, image, shape):
    cv2.imwrite(str(tmp_path / 'a.png'), image)
    results = LoadPoseImage()(dict(
        img_path=str(tmp_path / 'a.png'), ann_img_shape=shape))
    assert results['img_shape'] == (20, 30)


@pytest.mark.parametrize(('shape', 'turned'), [
    ((30, 20), True), ((40, 60), False), ((20, 31), False)])
def test_a_image_of_another_size_is_named_or_skipped(
        tmp_path, image, shape, turned):
    path = str(tmp_path / 'a.png')
    cv2.imwrite(path, image)
    with pytest.raises(InputError) as info:
        LoadPoseImage()(dict(img_path=path, ann_img_shape=shape))
    line = str(info.value)
    assert line.startswith(f'{path}: 30 x 20 pixels')
    assert f'{shape[1]} x {shape[0]}' in line and ('EXIF' in line) == turned
    skipping = LoadPoseImage(on_error='skip')
    assert skipping(dict(img_path=path, ann_img_shape=shape)) is None
    assert f'{shape[1]} x {shape[0]}' in skipping(
        dict(img_path=path))['skipped_images'][0]


def test_on_error_is_checked():
    with pytest.raises(ValueError, match='on_error'):
        LoadPoseImage(on_error='ignore')


def test_is_registered():
    assert isinstance(TRANSFORMS.build(dict(type='LoadPoseImage')),
                      LoadPoseImage)


class Images(BaseDataset):
    """A data set of paths alone."""

    def load_data_list(self):
        return [dict(img_path=path) for path in self.metainfo['paths']]


def keep_meta(results: dict) -> dict:
    """Pack as ``PackPoseInputs`` does with these meta keys."""
    sample = BaseDataElement(metainfo={
        key: results[key] for key in ('img_path', 'skipped_images')
        if key in results})
    return dict(data_samples=sample)


class Log:
    """Keeps the warnings of a runner's logger."""

    def __init__(self):
        self.lines = []

    def warning(self, line):
        self.lines.append(line)


@pytest.mark.parametrize('num_workers', [0, 2])
def test_skips_reach_the_main_process_from_the_loaders(
        tmp_path, image, num_workers):
    names = write_broken(tmp_path, image)
    for i in range(8):
        names.append(f'good{i}.png')
        cv2.imwrite(str(tmp_path / names[-1]), image)
    dataset = Images(
        metainfo=dict(paths=[str(tmp_path / name) for name in names]),
        pipeline=[LoadPoseImage(on_error='skip'), keep_meta])
    loader = torch.utils.data.DataLoader(
        dataset, batch_size=2, num_workers=num_workers,
        collate_fn=pseudo_collate)
    hook, runner = SkippedImagesHook(), type('Runner', (), dict(logger=Log()))
    hook.after_train_epoch(runner)
    assert not runner.logger.lines
    for _ in range(2):
        seen = 0
        for i, batch in enumerate(loader):
            seen += len(batch['data_samples'])
            hook.after_train_iter(runner, i, batch)
        assert seen == len(names)
        hook.after_train_epoch(runner)
    named = [line for line in runner.logger.lines if line.startswith('skipped')]
    counts = [line for line in runner.logger.lines if 'so far' in line]
    assert len(named) == 4
    assert len(counts) == 2
    assert counts[1].startswith('4 unreadable images were skipped')
