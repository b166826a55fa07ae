"""Predictions on disk: whole after every image, whatever goes wrong."""
from __future__ import annotations

import errno
import json
import os
import shutil

import cv2
import numpy as np
import pytest
from descriptions import DESCRIPTION
from videos import FakeCamera, write_video

from sasd_mmpose import InputError, Person, PoseResult
from sasd_mmpose.inference import prediction_writer as writer_module
from sasd_mmpose.inference import sources as sources_module
from sasd_mmpose.inference.prediction_writer import (
    JsonList,
    PredictionWriter,
    encode_image,
)
from sasd_mmpose.inference.sources import Frame, open_source


def random_image(height: int, width: int) -> np.ndarray:
    return np.random.randint(0, 256, (height, width, 3), np.uint8)


def test_json_list_is_whole_after_each_addition(tmp_path):
    path = tmp_path / 'list.json'
    writer = JsonList(path)
    written = []
    for records in ([], [dict(a=1)], [], [dict(b='ä'), dict(c=[1, 2])]):
        writer.extend(records)
        written += records
        assert json.loads(path.read_text()) == written
    writer.close()
    assert json.loads(path.read_text()) == written


DRAWING = DESCRIPTION.drawing_metainfo
NAMES = tuple(k.name for k in DESCRIPTION.keypoints)
PERSON = Person(np.array([2.0, 3, 20, 30]), 0.5, np.full((2, 2), 9.0), np.ones(2))


def result(frame: Frame, persons: list[Person]) -> PoseResult:
    size = (0, 0) if frame.image is None else frame.image.shape[1::-1]
    return PoseResult(persons, frame, size, NAMES, DRAWING)


def test_writer_for_a_folder(tmp_path):
    folder = tmp_path / 'in'
    folder.mkdir()
    cv2.imwrite(str(folder / 'a.png'), random_image(40, 50))
    (folder / 'b.png').write_bytes(b'')
    source = open_source(str(folder))
    out = tmp_path / 'out'
    with PredictionWriter(out, source) as writer:
        for frame in source:
            writer.add(result(frame, [PERSON] * 2))
    records = json.loads((out / 'predictions.json').read_text())
    assert [r['image_id'] for r in records] == [1, 1]
    assert records[0]['file_name'] == 'a.png' and len(records[0]) == 6
    images = json.loads((out / 'images.json').read_text())
    assert images[0] == dict(id=1, file_name='a.png', width=50, height=40)
    assert 'b.png' in images[1]['problem']
    assert cv2.imread(str(out / 'drawn' / 'a.png')).shape == (40, 50, 3)
    assert (writer.num_images, writer.num_persons) == (1, 2)
    assert len(writer.problems) == 1


def test_slow_frames_stand_longer(tmp_path, monkeypatch):
    """A camera of 30 frames a second that gave two frames in half a second."""
    monkeypatch.setattr(sources_module.cv2, 'VideoCapture', FakeCamera)
    source = open_source('cam0')
    frames = [f for f, _ in zip(source, range(2), strict=False)]
    frames = [f._replace(seconds=s) for f, s in zip(frames, (0, 0.5), strict=True)]
    monkeypatch.undo()
    with PredictionWriter(tmp_path, source) as writer:
        for frame in frames:
            writer.add(result(frame, []))
    assert len(list(open_source(str(tmp_path / 'drawn.mp4')))) == 16


def test_writer_bad_folders(tmp_path):
    folder = tmp_path / 'out' / 'drawn'
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / 'a.png'), random_image(4, 4))
    source = open_source(str(folder))
    with pytest.raises(InputError, match='would be overwritten'):
        PredictionWriter(tmp_path / 'out', source)
    (tmp_path / 'file').write_text('')
    with pytest.raises(InputError, match='cannot be written'):
        PredictionWriter(tmp_path / 'file' / 'out', source)


def test_json_stays_whole_on_a_full_disk(tmp_path, monkeypatch):
    """The disk takes a part of a record, and no more."""
    path = tmp_path / 'list.json'
    writer = JsonList(path)
    writer.extend([dict(a=1)])
    inner = os.pwrite

    def full(file: int, content: bytes, offset: int) -> int:
        if len(content) > 10:
            return inner(file, content[:7], offset)
        if offset > 20:
            raise OSError(errno.ENOSPC, 'No space left on device')
        return inner(file, content, offset)

    with monkeypatch.context() as patch:
        patch.setattr(writer_module.os, 'pwrite', full)
        with pytest.raises(InputError, match='list.json: cannot be written .No spa'):
            writer.extend([dict(b='a long record')])
    assert json.loads(path.read_text()) == [dict(a=1)]
    writer.extend([dict(c=3)])
    writer.close()
    assert json.loads(path.read_text()) == [dict(a=1), dict(c=3)]


def test_a_folder_in_use_is_refused(tmp_path):
    source = open_source(random_image(4, 5))
    with PredictionWriter(tmp_path, source) as writer:
        writer.add(result(next(iter(source)), [PERSON]))
        with pytest.raises(InputError, match='another run writes to it'):
            PredictionWriter(tmp_path, source)
    assert len(json.loads((tmp_path / 'predictions.json').read_text())) == 1
    PredictionWriter(tmp_path, source).close()
    assert json.loads((tmp_path / 'predictions.json').read_text()) == []


def test_a_folder_that_is_removed_ends_the_run(tmp_path):
    source = open_source(random_image(4, 5))
    with PredictionWriter(tmp_path / 'out', source) as writer:
        shutil.rmtree(tmp_path / 'out')
        with pytest.raises(InputError, match='was removed while this run'):
            writer.add(result(next(iter(source)), [PERSON]))


@pytest.mark.parametrize('running, refused', [('csv', 'coco'), ('coco', 'csv')])
def test_a_refused_run_leaves_older_results(tmp_path, running, refused):
    """The lock that all runs share comes before any file is emptied."""
    source = open_source(random_image(4, 5))
    with PredictionWriter(tmp_path, source, formats=[refused]) as writer:
        writer.add(result(next(iter(source)), [PERSON]))
    kept = writer.predictions_file if refused == 'coco' else writer.table_file
    before, when = kept.read_bytes(), kept.stat().st_mtime_ns
    with PredictionWriter(tmp_path, source, formats=[running]):
        for _ in range(2):
            with pytest.raises(InputError, match='another run writes to it'):
                PredictionWriter(tmp_path, source, formats=[refused])
    assert kept.read_bytes() == before and kept.stat().st_mtime_ns == when


def test_kinds_that_hold_no_colours_are_drawn_as_png(tmp_path):
    folder = tmp_path / 'in'
    folder.mkdir()
    for name in 'a.pgm', 'b.pbm', 'c.ppm', 'd.JPG':
        channels = 3 if name[0] in 'cd' else 1
        cv2.imwrite(str(folder / name), random_image(6, 8)[..., :channels])
    source = open_source(folder)
    with PredictionWriter(tmp_path / 'out', source) as writer:
        for frame in source:
            writer.add(result(frame, [PERSON]))
    drawn = {p.name: cv2.imread(str(p)).shape
             for p in (tmp_path / 'out' / 'drawn').iterdir()}
    assert drawn == dict.fromkeys(
        ('a.pgm.png', 'b.pbm.png', 'c.ppm', 'd.JPG'), (6, 8, 3))
    # JPEG ends at 65,500 pixels.
    assert encode_image(np.zeros((66_000, 1, 3), np.uint8), '.jpg') is None


def test_one_drawing_that_fails_does_not_end_the_run(tmp_path):
    images = [Frame(n, dict(file_name=f'{n}.png'), random_image(4, 5)) for n in (1, 2)]
    with PredictionWriter(tmp_path, open_source(random_image(4, 5))) as writer:
        (tmp_path / 'drawn' / '1.png').mkdir()
        for frame in images:
            writer.add(result(frame, [PERSON]))
    line, = writer.problems
    assert line.startswith('not drawn: ') and '1.png' in line
    assert (tmp_path / 'drawn' / '2.png').is_file()
    assert len(json.loads((tmp_path / 'predictions.json').read_text())) == 2


def test_a_video_that_cannot_be_finished_is_named(tmp_path):
    write_video(tmp_path / 'clip.mp4')
    source = open_source(tmp_path / 'clip.mp4')
    writer = PredictionWriter(tmp_path / 'out', source)
    for frame in source:
        writer.add(result(frame, []))
    # As on a full disk, where the end of the file is not written.
    (tmp_path / 'out' / 'drawn.mp4').unlink()
    with pytest.raises(InputError, match='drawn.mp4: could not be finished'):
        writer.close()


def test_a_drawing_replaces_a_link_and_not_what_it_leads_to(tmp_path):
    (tmp_path / 'drawn').mkdir()
    (tmp_path / 'photo.png').write_bytes(b'kept')
    (tmp_path / 'drawn' / 'a.png').symlink_to(tmp_path / 'photo.png')
    with PredictionWriter(tmp_path, open_source(random_image(4, 5))) as writer:
        writer.add(result(Frame(1, dict(file_name='a.png'), random_image(4, 5)), []))
    assert (tmp_path / 'photo.png').read_bytes() == b'kept'
    assert cv2.imread(str(tmp_path / 'drawn' / 'a.png')).shape == (4, 5, 3)
    assert [p.name for p in (tmp_path / 'drawn').iterdir()] == ['a.png']


def test_folders_that_cannot_be(tmp_path):
    source = open_source(random_image(4, 5))
    (tmp_path / 'loop').symlink_to(tmp_path / 'loop')
    (tmp_path / 'broken').symlink_to('nowhere')
    with pytest.raises(InputError, match='a link to nowhere, which is not there'):
        PredictionWriter(tmp_path / 'broken', source, formats=['coco'])
    for name in tmp_path / 'loop', tmp_path / ('a' * 300), 'a\0b':
        with pytest.raises(InputError, match='cannot be written|no name of a'):
            PredictionWriter(name, source)
    write_video(tmp_path / 'clip.mp4')
    strange = os.fsdecode(os.fsencode(tmp_path) + b'/\xff')
    with pytest.raises(InputError, match='not UTF-8'):
        PredictionWriter(strange, open_source(tmp_path / 'clip.mp4'))
    assert not os.path.exists(strange)
