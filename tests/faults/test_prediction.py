"""Prediction under SIGKILL, on a full disk, and with files that cannot be read."""
from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from sasd_mmpose.cli.main import main
from sasd_mmpose.errors import find_input_error

from .children import KILLED, run, small_disk, start

pytestmark = [pytest.mark.faults, pytest.mark.slow]
IMAGES = 12
KILL_TRIALS = 8
EXAMPLE = Path(__file__).parents[2] / 'docs' / 'figures' / 'astronaut.jpg'
LIMIT = 120  # seconds


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> Path:
    """Parts of one photograph, so that there is somebody in most of them."""
    folder = tmp_path_factory.mktemp('images')
    image = cv2.imread(str(EXAMPLE))
    for number in range(IMAGES):
        cv2.imwrite(str(folder / f'{number + 1}.jpg'), image[:, 10 * number:])
    return folder


@pytest.fixture(scope='module')
def video(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp('video') / 'clip.mp4'
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*'mp4v'), 10, (160, 120))
    image = cv2.resize(cv2.imread(str(EXAMPLE)), (200, 120))
    chance = np.random.default_rng(0)
    for number in range(IMAGES):
        noise = chance.integers(0, 60, (120, 160, 3), dtype=np.uint8)
        writer.write(cv2.add(image[:, 2 * number:][:, :160], noise))
    writer.release()
    return path


def predict(source: Path, out: Path) -> None:
    """Run the command as a process of its own would."""
    os.setsid()
    log = os.open(out.with_name(f'{out.name}.log'), os.O_CREAT | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        status = main(['predict', str(source), '--out', str(out)])
    except Exception as error:
        # What the entry point does with it.
        line = find_input_error(error)
        if line is None:
            raise
        os.write(log, f'error: {line}\n'.encode())
        status = 1
    os._exit(status)


def read(out: Path, name: str) -> list[dict]:
    return json.loads((out / f'{name}.json').read_text())


def check_readable(out: Path, whole: tuple[list, list]) -> int:
    """Check that all that is there is what an unbroken run writes first.

    Args:
        out (Path): The folder.
        whole (tuple[list, list]): Images and predictions of an unbroken run.

    Returns:
        int: Images that are listed.
    """
    if not (out / 'images.json').exists():
        return 0
    images, predictions = (read(out, n) for n in ('images', 'predictions'))
    assert images == whole[0][:len(images)]
    assert predictions == whole[1][:len(predictions)]
    listed = {image['id'] for image in images}
    assert [p for p in whole[1] if p['image_id'] in listed] == [
        p for p in predictions if p['image_id'] in listed]
    for path in (out / 'drawn').glob('*.jpg'):
        assert cv2.imread(str(path)) is not None, path
    return len(images)


@pytest.fixture(scope='module')
def unbroken(folder, tmp_path_factory) -> tuple[list, list, float]:
    out = tmp_path_factory.mktemp('unbroken') / 'out'
    start_time = time.monotonic()
    assert run(predict, folder, out) == 0
    seconds = time.monotonic() - start_time
    images, predictions = read(out, 'images'), read(out, 'predictions')
    assert len(images) == IMAGES and len(predictions) > IMAGES / 2
    return images, predictions, seconds


@pytest.mark.parametrize('trial', range(KILL_TRIALS))
def test_killed_at_any_moment(folder, unbroken, tmp_path, outcomes, trial):
    """After so many images, and a random time later."""
    chance = random.Random(trial)
    least, later = chance.randrange(IMAGES), chance.uniform(0, 0.2)
    child = start(predict, folder, tmp_path / 'out')
    images, waited = tmp_path / 'out' / 'images.json', 0.0
    while child.is_alive() and waited < LIMIT and not (
            images.exists() and images.read_bytes().count(b'{') >= least):
        time.sleep(0.005)
        waited += 0.005
    time.sleep(later)
    child.kill()
    child.join()
    done = check_readable(tmp_path / 'out', unbroken[:2])
    assert done >= least
    outcomes('prediction: SIGKILL at a random moment',
             'results of all finished images whole'
             if child.exitcode == KILLED else 'had finished before')
    if trial % 4 == 0:
        assert run(predict, folder, tmp_path / 'out') == 0
        assert check_readable(tmp_path / 'out', unbroken[:2]) == IMAGES
        outcomes('prediction: the next run into the same folder', 'complete')


@pytest.mark.parametrize('size', ['8k', '40k', '160k'])
def test_a_full_disk(folder, unbroken, tmp_path, outcomes, size):
    with small_disk(tmp_path / 'disk', size) as resize:
        out = tmp_path / 'disk' / 'out'
        assert run(predict, folder, out) == 1
        log = (tmp_path / 'disk' / 'out.log').read_text()
        assert 'Traceback' not in log
        assert check_readable(out, unbroken[:2]) < IMAGES
        resize('50m')
        assert run(predict, folder, out) == 0
        assert check_readable(out, unbroken[:2]) == IMAGES
    outcomes('prediction of images: the disk fills up',
             'one line, json whole, next run complete')


def test_a_full_disk_under_a_video(video, tmp_path, outcomes):
    with small_disk(tmp_path / 'disk', '60k'):
        out = tmp_path / 'disk' / 'out'
        assert run(predict, video, out) == 1
        assert 'Traceback' not in (tmp_path / 'disk' / 'out.log').read_text()
        images, predictions = read(out, 'images'), read(out, 'predictions')
        assert [image['frame'] for image in images] == list(range(len(images)))
        assert {p['frame'] for p in predictions} <= set(range(IMAGES))
    outcomes('prediction of a video: the disk fills up', 'one line, json whole')


def test_files_that_cannot_be_read(folder, unbroken, tmp_path, outcomes):
    """A disk that fails, links that lead nowhere, folders, pipes, cut files."""
    mixed = tmp_path / 'mixed'
    mixed.mkdir()
    content = (folder / '1.jpg').read_bytes()
    (mixed / '1.jpg').write_bytes(content)
    # Reading it fails with "Input/output error", for root as well.
    (mixed / '2.jpg').symlink_to('/proc/self/mem')
    (mixed / '3.jpg').symlink_to(mixed / 'nowhere')
    (mixed / '4.jpg').symlink_to(mixed / '4.jpg')
    os.mkfifo(mixed / '5.jpg')
    (mixed / '6.jpg').write_bytes(content[:100])
    (mixed / '7.heic').write_bytes(content[:100])
    (mixed / '8.jpg').write_bytes(content)
    assert run(predict, mixed, tmp_path / 'out') == 1
    images = read(tmp_path / 'out', 'images')
    assert [image['id'] for image in images] == list(range(1, 9))
    assert [i['id'] for i in images if 'problem' not in i] == [1, 8]
    assert 'Traceback' not in (tmp_path / 'out.log').read_text()
    first = [p['keypoints'] for p in unbroken[1] if p['image_id'] == 1]
    for image_id in 1, 8:
        assert first == [p['keypoints'] for p in read(tmp_path / 'out', 'predictions')
                         if p['image_id'] == image_id]
    for _ in range(6):
        outcomes('prediction: a file that cannot be read',
                 'named, and the run goes on')
