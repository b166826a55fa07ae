"""Late decoding gives the pixels that decoding at once does."""
from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from sasd_mmpose.datasets.transforms.affine import warp
from sasd_mmpose.datasets.transforms.image_file import (
    ArrayImage,
    JpegImage,
    open_image,
)
from sasd_mmpose.images import UnreadableImage, decode_image


@pytest.fixture(scope='module')
def photo() -> np.ndarray:
    """Blurred noise, ``(203, 301, 3)``, RGB."""
    noise = np.random.default_rng(0).integers(0, 256, (203, 301, 3), np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 3) * 2


def encode(photo: np.ndarray, mode: str = 'RGB', format: str = 'JPEG',
           **kwargs) -> bytes:
    file = io.BytesIO()
    Image.fromarray(photo).convert(mode).save(file, format, **kwargs)
    return file.getvalue()


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


KINDS = {
    'plain': (dict(), JpegImage),
    'no subsampling': (dict(subsampling=0), JpegImage),
    'progressive': (dict(progressive=True), JpegImage),
    'grey': (dict(mode='L'), JpegImage),
    'upright exif': (dict(exif=turned(1)), JpegImage),
    'turned exif': (dict(exif=turned(6)), ArrayImage),
    'mirrored exif': (dict(exif=turned(5)), ArrayImage),
    'cmyk': (dict(mode='CMYK'), ArrayImage),
    'png': (dict(format='PNG'), ArrayImage),
    'webp': (dict(format='WEBP'), ArrayImage),
    'bmp': (dict(format='BMP'), ArrayImage),
}


@pytest.mark.parametrize('kind', KINDS)
def test_every_kind_is_read_as_opencv_reads_it(photo, kind):
    kwargs, class_ = KINDS[kind]
    content = encode(photo, **kwargs)
    wanted = decode_image(content, kind)
    image = open_image(content, kind)
    assert type(image) is class_
    assert image.size == wanted.shape[1::-1]
    pixels, scale = image.read(1.0, image.size[1])
    assert scale == 1
    np.testing.assert_allclose(pixels.astype(int), wanted, atol=1)


@pytest.mark.parametrize('kind', ['plain', 'no subsampling', 'progressive',
                                  'grey'])
@pytest.mark.parametrize('num_rows', [1, 15, 16, 100, 190, 203])
def test_rows_that_are_decoded_are_those_of_the_whole(photo, kind, num_rows):
    content = encode(photo, **KINDS[kind][0])
    image = open_image(content, kind)
    whole = image.read(1.0, 203)[0]
    part = image.read(1.0, num_rows)[0]
    np.testing.assert_array_equal(part[:num_rows], whole[:num_rows])
    if kind != 'progressive' and num_rows < 180:
        assert len(part) < len(whole)


@pytest.mark.parametrize(('scale', 'eighths'), [
    (1.2, 8), (0.51, 8), (0.5, 4), (0.3, 4), (0.25, 2), (0.1, 1)])
@pytest.mark.parametrize('size', [(301, 203), (304, 200)])
def test_scale_is_never_less_than_needed(photo, scale, eighths, size):
    image = open_image(encode(cv2.resize(photo, size)), 'a')
    for whole in False, True:
        pixels, found = image.read(scale, size[1], whole=whole)
        assert found >= min(scale, 1)
        if whole and size == (301, 203):
            assert found == 1
        else:
            assert found == eighths / 8
        assert pixels.shape[1::-1] == tuple(
            int(np.ceil(side * found)) for side in size)


@pytest.mark.parametrize('gain', [0.06, 0.11, 0.2, 0.24, 0.4, 0.6, 1.3])
@pytest.mark.parametrize('kind', ['JPEG', 'PNG'])
@pytest.mark.parametrize('axis', [0, 1])
def test_what_is_shown_stays_in_place_at_every_scale(gain, kind, axis):
    """Grey tells x or y; the image is turned by 30 degrees."""
    size = np.array([1001, 803])
    grid = np.mgrid[:size[1], :size[0]][1 - axis]
    ramp = np.round(grid * 255 / size[axis]).astype(np.uint8)
    rising, falling = (
        open_image(encode(grey, 'L', kind, quality=100), 'a')
        for grey in (ramp, 255 - ramp))
    matrix = cv2.getRotationMatrix2D((500, 400), 30, gain)
    matrix[:, 2] += (64 - 500, 64 - 400)
    # Rounding of grey values, which favours one side, cancels out.
    shown = (warp(rising, matrix, (128, 128), 114).astype(float) + 255
             - warp(falling, matrix, (128, 128), 114)) / 2
    inverse = cv2.invertAffineTransform(matrix)
    points = np.stack(np.mgrid[:128, :128][::-1], -1) @ inverse[:, :2].T
    points += inverse[:, 2]
    margin = 3 / gain
    inside = ((points > margin) & (points < size - margin)).all(-1)
    assert inside.sum() > 400
    found = shown[..., 0][inside] * size[axis] / 255
    errors = (found - points[inside][:, axis]) * gain  # in pixels of the input
    assert abs(errors.mean()) < 0.03 + 0.1 * gain
    # Grey values are whole, of 4 pixels of the image each.
    assert np.abs(errors).max() < 0.1 + 8 * gain


def test_files_cut_short_are_refused_when_they_are_read(photo):
    content = encode(photo)
    image = open_image(content[:len(content) // 2], 'cut.jpg')
    with pytest.raises(UnreadableImage, match='cut.jpg'):
        image.read(1.0, 100)


@pytest.mark.parametrize('content', [
    b'', b'\xff\xd8', b'\xff\xd8\xff\xe0', b'\xff\xd8\xff\xe1\x00\x00', b'text',
    b'\xff\xd8\xff\xc0\x00\x11\x0c\x00\x10\x00\x10\x03',
])
def test_what_is_no_image_is_refused_at_once(content):
    with pytest.raises(UnreadableImage, match='name'):
        open_image(content, 'name')
