"""Where images come from."""
from __future__ import annotations

import errno
import os
import re
import socket
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from videos import FakeCamera, serve, serve_rtsp, write_video

from sasd_mmpose import InputError, PoseEstimator
from sasd_mmpose.inference import sources as sources_module
from sasd_mmpose.inference.sources import VideoSource, open_source, read_frame


def random_image(height: int, width: int) -> np.ndarray:
    return np.random.randint(0, 256, (height, width, 3), np.uint8)


def test_folder(tmp_path):
    for name in ('b.png', 'a.JPG', 'notes.txt'):
        (tmp_path / name).write_bytes(b'broken')
    cv2.imwrite(str(tmp_path / 'c.png'), random_image(5, 6))
    frames = list(open_source(str(tmp_path)))
    assert [f.name['file_name'] for f in frames] == ['a.JPG', 'b.png', 'c.png']
    assert [f.image_id for f in frames] == [1, 2, 3]
    assert frames[0].image is None and 'a.JPG' in frames[0].problem
    assert frames[2].image.shape == (5, 6, 3)


def test_names_that_are_numbers_are_ids(tmp_path):
    for name in ('000000000139.jpg', '000000000785.jpg'):
        (tmp_path / name).write_bytes(b'')
    assert [f.image_id for f in open_source(str(tmp_path))] == [139, 785]


def test_video(tmp_path):
    write_video(tmp_path / 'clip.mp4')
    source = open_source(str(tmp_path / 'clip.mp4'))
    assert source.fps == pytest.approx(12) and source.total == 5
    frames = list(source)
    assert [f.name for f in frames] == [dict(frame=i) for i in range(5)]
    assert frames[3].seconds == pytest.approx(0.25)
    assert abs(int(frames[3].image.mean()) - 120) < 4


@pytest.mark.parametrize('name', ['0', 'cam0'])
def test_camera(monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sources_module.cv2, 'VideoCapture', FakeCamera)
    source = open_source(name)
    assert source.endless and source.total is None and source.fps == 30
    frames = list(source)
    assert [f.problem for f in frames[:4]] == [None] * 4
    assert [f.problem for f in frames[4:]] == [
        'camera 0: gave no more frames after 4; start it again']
    with pytest.raises(InputError, match='camera 7: cannot be opened'):
        open_source('cam7')


def test_bad_sources(tmp_path):
    with pytest.raises(InputError, match='no images in this folder'):
        open_source(str(tmp_path))
    with pytest.raises(InputError, match='no such image, folder or video'):
        open_source(str(tmp_path / 'none.jpg'))
    (tmp_path / 'text.txt').write_text('hello')
    with pytest.raises(InputError, match='neither an image nor a video'):
        open_source(str(tmp_path / 'text.txt'))


def test_what_cannot_be_read_is_named(tmp_path):
    """HEIC files and links that lead nowhere are not passed over."""
    cv2.imwrite(str(tmp_path / 'a.jpg'), random_image(5, 6))
    (tmp_path / 'b.heic').write_bytes(bytes(100))
    (tmp_path / 'c.jpg').symlink_to(tmp_path / 'nowhere.jpg')
    frames = list(open_source(tmp_path))
    assert [f.name['file_name'] for f in frames] == ['a.jpg', 'b.heic', 'c.jpg']
    assert [f.image is None for f in frames] == [False, True, True]
    assert 'b.heic' in frames[1].problem and 'c.jpg' in frames[2].problem


def test_slow_videos_keep_their_time(tmp_path):
    write_video(tmp_path / 'slow.mp4', fps=0.5)
    source = open_source(tmp_path / 'slow.mp4')
    assert source.fps == pytest.approx(0.5)
    assert [f.seconds for f in source] == pytest.approx([0, 2, 4, 6, 8])


def test_a_video_at_an_address(tmp_path):
    write_video(tmp_path / 'clip.avi')
    with serve((tmp_path / 'clip.avi').read_bytes(), 'video/x-msvideo') as address:
        source = open_source(address)
        assert not source.endless and source.total == 5 and source.paths == []
        assert [f.problem for f in source] == [None] * 5


@pytest.mark.parametrize('stall, problem', [
    (0, 'gave no more frames after [23]; start it again'),
    (5, r'no frame for 1 s after [123]; the stream stalls')])
def test_a_stream_that_ends_or_stalls(stall, problem):
    """Motion JPEG, as many cameras send it."""
    image = cv2.imencode('.jpg', random_image(48, 64))[1].tobytes()
    part = b'--cut\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n'
    kind = 'multipart/x-mixed-replace;boundary=cut'
    with serve(part % (len(image), image) * 3, kind, stall) as address:
        source = VideoSource(address.replace('//', '//me:secret@'), timeout=1)
        assert source.endless and source.total is None
        *frames, last = source
    assert frames and all(f.image.shape == (48, 64, 3) for f in frames)
    assert re.match(rf'http://[0-9.:]+/clip: {problem}', last.problem)


@pytest.mark.parametrize('stall,problem', [
    (0, 'gave no more frames after 5'), (30, 'no frame for 2 s after 5')])
def test_an_rtsp_camera_that_ends_or_stalls(stall, problem):
    with serve_rtsp(5, stall=stall) as address:
        video = VideoSource(address, timeout=2.0)
        *frames, last = video
    assert video.endless and [f.image_id for f in frames] == [1, 2, 3, 4, 5]
    assert frames[3].image.mean() == pytest.approx(120, abs=3)
    assert problem in last.problem and 'secret' not in last.problem


def test_nothing_at_an_address():
    with pytest.raises(InputError, match='^http://127.0.0.1:9/x: no video that'):
        open_source('http://me:secret@127.0.0.1:9/x')


def test_frames_are_upright(tmp_path):
    """The matrix of the track says that players turn it by 90 degrees."""
    write_video(tmp_path / 'clip.mp4', size=(96, 64))
    content = (tmp_path / 'clip.mp4').read_bytes()
    upright, turned = (
        b''.join(v.to_bytes(4, 'big', signed=True) for v in matrix)
        for matrix in ((1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30),
                       (0, 1 << 16, 0, -1 << 16, 0, 0, 64 << 16, 0, 1 << 30)))
    track = content.index(b'tkhd')
    at = content.index(upright, track)
    (tmp_path / 'phone.mp4').write_bytes(
        content[:at] + turned + content[at + len(turned):])
    assert next(iter(open_source(tmp_path / 'phone.mp4'))).image.shape[:2] == (96, 64)


def test_lists_and_arrays(tmp_path):
    cv2.imwrite(str(tmp_path / '7.png'), random_image(5, 6))
    array = random_image(3, 4)
    frames = list(open_source([tmp_path / '7.png', array]))
    assert [f.image_id for f in frames] == [1, 2]
    assert frames[1].image is array and frames[1].name == {}
    assert [f.image_id for f in open_source(iter([tmp_path / '7.png']))] == [1]
    for odd in 1.5, None, True, b'x.png', dict(a=array):
        with pytest.raises(InputError, match='neither an image, a list'):
            open_source(odd)


def test_tiff_files_of_floats(tmp_path):
    """On the way to 8 bits OpenCV would make black or noise of them."""
    plain = [cv2.IMWRITE_TIFF_COMPRESSION, 1]
    shades = np.linspace(0, 1, 24, dtype=np.float32).reshape(4, 6)
    expected = np.rint(shades * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    for image in shades, np.dstack([shades] * 3):
        cv2.imwrite(str(tmp_path / 'a.tif'), image, plain)
        np.testing.assert_array_equal(read_frame(tmp_path / 'a.tif').image, expected)
    cv2.imwrite(str(tmp_path / 'a.tif'), shades * 1000, plain)
    with pytest.raises(InputError, match='a.tif: floats from 0 to 1000'):
        read_frame(tmp_path / 'a.tif')
    cv2.imwrite(str(tmp_path / 'a.tif'), np.zeros((4, 6), np.uint8))
    assert not read_frame(tmp_path / 'a.tif').image.any()


def test_files_that_are_none(tmp_path):
    """To read from a pipe would never end; a link to itself leads nowhere."""
    cv2.imwrite(str(tmp_path / 'a.png'), random_image(5, 6))
    (tmp_path / 'b.png').mkdir()
    (tmp_path / 'c.png').symlink_to(tmp_path / 'c.png')
    os.mkfifo(tmp_path / 'd.png')
    frames = list(open_source(tmp_path))
    assert [f.name['file_name'] for f in frames] == ['a.png', 'c.png', 'd.png']
    assert [f.image is None for f in frames] == [False, True, True]
    assert frames[2].problem.endswith('d.png: a pipe, not a file')


def test_sources_that_are_neither_file_nor_folder(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / 'pipe')
    (tmp_path / 'broken.jpg').symlink_to('nowhere.jpg')
    (tmp_path / 'empty.mp4').touch()
    # A socket's path must be shorter than a folder of pytest may be.
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind('socket.png')
    for name, words in (
            ('pipe', 'a pipe, not a file'),
            ('socket.png', 'a socket, not a file'),
            ('broken.jpg', 'a link to nowhere.jpg, which is not there'),
            ('empty.mp4', 'the file is empty'),
            ('empty.mp4/a.jpg', r'cannot be read \(Not a directory'),
            (os.devnull, 'a device, not a file'),
            ('', 'no name of an image')):
        with pytest.raises(InputError, match=words) as info:
            open_source(name)
        assert name in str(info.value)


@contextmanager
def without_rights():
    """Lay down the rights of root, for which no folder is closed."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_what_is_in_a_closed_folder_is_not_missing(tmp_path):
    closed = tmp_path / 'closed'
    closed.mkdir()
    cv2.imwrite(str(closed / 'a.jpg'), random_image(5, 6))
    closed.chmod(0)
    try:
        with without_rights(), pytest.raises(
                InputError, match=r'a.jpg: cannot be read \(Permission denied'):
            open_source(closed / 'a.jpg')
    finally:
        closed.chmod(0o700)


@pytest.mark.parametrize('name', ['a' * 300, 'a' * 300 + '.jpg', 'a\0b.jpg'])
def test_names_that_no_file_has(name):
    for find in open_source, PoseEstimator():
        with pytest.raises(InputError, match='no name of a file|too long'):
            find(name)


def test_a_folder_that_cannot_be_read(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(errno.EACCES, 'Permission denied')

    monkeypatch.setattr(Path, 'iterdir', refuse)
    with pytest.raises(InputError, match='cannot be read .Permission denied'):
        open_source(tmp_path)


def test_a_video_without_frames_is_said(tmp_path):
    writer = cv2.VideoWriter(str(tmp_path / 'none.avi'),
                             cv2.VideoWriter.fourcc(*'MJPG'), 10, (64, 48))
    writer.release()
    frame, = open_source(tmp_path / 'none.avi')
    assert frame.problem.endswith('none.avi: holds no frame that can be read')


def test_numbers_too_large_for_an_id(tmp_path):
    """Others count in 64 bits."""
    for largest, ids in (2**63 - 1, [5, 2**63 - 1]), (2**63, [1, 2]):
        files = [tmp_path / '5.png', tmp_path / f'{largest}.png']
        assert [f.image_id for f in open_source(files)] == ids
