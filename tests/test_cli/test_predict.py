"""The command that finds poses."""
from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest
import torch
from small_nets import CONFIGS, SMALL, build, model_cfg
from tool_loader import sasd

from sasd_mmpose import InputError
from sasd_mmpose.cli.main import console
from sasd_mmpose.inference.prediction_writer import DrawnVideo
from sasd_mmpose.inference.runtimes.pytorch import TorchRuntime
from sasd_mmpose.inference.sources import open_source


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp('weights') / 'epoch_1.pth'
    torch.save(dict(state_dict=build(model_cfg()).state_dict(), meta={}), path)
    return path


@pytest.fixture
def predict(checkpoint, tmp_path):
    """Run the command at a small size; the results are in ``tmp_path/out``."""
    return lambda source, *more: sasd(
        'predict', source, '--config', CONFIGS / f'{SMALL}.py',
        '--checkpoint', checkpoint, '--out', tmp_path / 'out', '--size', 64,
        '--score-thr', 0, '--device', 'cpu', *more)


def result(tmp_path, name: str = 'predictions') -> list[dict]:
    return json.loads((tmp_path / 'out' / f'{name}.json').read_text())


def write_image(path, size=(40, 50)) -> None:
    cv2.imwrite(str(path), np.random.randint(0, 256, (*size, 3), np.uint8))


def write_video(path) -> None:
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*'mp4v'), 10, (64, 48))
    for _ in range(6):
        writer.write(np.random.randint(0, 256, (48, 64, 3), np.uint8))
    writer.release()


def test_a_video_on_a_web_server(predict, tmp_path):
    """Python's server cannot begin in the middle of a file."""
    write_video(tmp_path / 'x.mp4')
    handler = functools.partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert predict(f'http://127.0.0.1:{server.server_port}/x.mp4') == 0
        server.shutdown()
    assert [r['frame'] for r in result(tmp_path, 'images')] == list(range(6))
    assert (tmp_path / 'out' / 'drawn.mp4').is_file()


@pytest.mark.parametrize('origin,problem', [
    ('rtsp://127.0.0.1:1/x',
     'no video that OpenCV can open; is the address right, and up?'),
    ('ftp://127.0.0.1/x', 'no address that can be read; take http, https, rtsp, '
     'rtmp, udp, tcp or srt, or a file'),
    ('cam97', 'cannot be opened; is it there, and free?')])
def test_where_nobody_answers_there_is_one_line(tmp_path, origin, problem):
    """Neither OpenCV nor FFmpeg adds a line of its own."""
    done = subprocess.run(
        [sys.executable, '-m', 'sasd_mmpose', 'predict', origin,
         '--out', tmp_path / 'out'], capture_output=True, check=False, text=True,
        timeout=60)
    assert done.returncode == 1
    assert done.stderr == f'error: {origin.replace("cam", "camera ")}: {problem}\n'


def test_image(predict, tmp_path, capsys):
    write_image(tmp_path / 'a.png')
    assert predict(tmp_path / 'a.png') == 0
    said = capsys.readouterr().out
    persons = result(tmp_path)
    assert f'{len(persons)} people in 1 image\n' in said
    assert str(tmp_path / 'out' / 'predictions.json') in said
    assert (tmp_path / 'out' / 'drawn' / 'a.png').is_file()


def test_folder_with_a_broken_image(predict, tmp_path, capsys):
    folder = tmp_path / 'in'
    folder.mkdir()
    write_image(folder / 'a.png')
    write_image(folder / 'c.png', (1, 90))
    (folder / 'b.png').write_bytes(b'broken')
    assert predict(folder) == 1
    captured = capsys.readouterr()
    assert 'in 2 images' in captured.out
    # Loggers of earlier tests may write there, too.
    line, = (line for line in captured.err.splitlines()
             if line.startswith('warning: '))
    assert line.startswith('warning: not read') and 'b.png' in line
    assert {r['image_id'] for r in result(tmp_path)} == {1, 3}


def test_video_with_flip_test(predict, tmp_path):
    write_video(tmp_path / 'clip.mp4')
    assert predict(tmp_path / 'clip.mp4', '--flip-test') == 0
    assert {r['frame'] for r in result(tmp_path)} == set(range(6))
    assert len(list(open_source(str(tmp_path / 'out' / 'drawn.mp4')))) == 6


def test_a_video_with_identities(predict, tmp_path, capsys):
    write_video(tmp_path / 'clip.mp4')
    assert predict(tmp_path / 'clip.mp4', '--smooth', '--save', 'coco,csv',
                   '--boxes', '--legend', '--thickness', 2) == 0
    records = result(tmp_path)
    assert any('track_id' in r for r in records)
    table = (tmp_path / 'out' / 'predictions.csv').read_text().splitlines()
    assert len(table) == len(records) + 1
    assert not (tmp_path / 'out' / 'drawn.mp4').exists()
    assert 'predictions.csv' in capsys.readouterr().out


class FakeWindow:
    """Closed by its user after three frames."""

    def __init__(self, title):
        self.shown = []
        FakeWindow.last = self

    @property
    def closed(self):
        return len(self.shown) == 3

    def show(self, image):
        self.shown.append(image)

    def close(self):
        self.shown.append('closed')


def test_a_window_that_is_closed_stops_the_run(
        predict, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        'sasd_mmpose.visualization.live_window.LiveWindow', FakeWindow)
    write_video(tmp_path / 'clip.mp4')
    assert predict(tmp_path / 'clip.mp4', '--show', '--track') == 1
    *shown, closed = FakeWindow.last.shown
    assert [i.shape for i in shown] == [(48, 64, 3)] * 3 and closed == 'closed'
    assert len(result(tmp_path, 'images')) == 3
    assert 'stopped; what was computed is written' in capsys.readouterr().out


def test_no_window_where_there_is_no_display(predict, tmp_path, monkeypatch):
    for name in 'DISPLAY', 'WAYLAND_DISPLAY':
        monkeypatch.delenv(name, raising=False)
    write_video(tmp_path / 'clip.mp4')
    with pytest.raises(InputError, match='--show: '):
        predict(tmp_path / 'clip.mp4', '--show')
    assert not (tmp_path / 'out').exists()


@pytest.fixture
def interruptible():
    """Ctrl-C and SIGHUP count, also in the background of a shell or under nohup."""
    ctrl_c = signal.signal(signal.SIGINT, signal.default_int_handler)
    hangup = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, ctrl_c)
    signal.signal(signal.SIGHUP, hangup)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopping_keeps_what_is_computed(
        predict, tmp_path, monkeypatch, capsys, number, interruptible):
    write_video(tmp_path / 'clip.mp4')
    inner, calls = TorchRuntime.find_persons, []

    def interrupted(self, images):
        calls.append(images)
        if len(calls) == 4:
            os.kill(os.getpid(), number)
        return inner(self, images)

    monkeypatch.setattr(TorchRuntime, 'find_persons', interrupted)
    before = signal.getsignal(number)
    assert predict(tmp_path / 'clip.mp4') == 1
    assert signal.getsignal(number) is before
    assert 'what was computed is written' in capsys.readouterr().out
    assert len(result(tmp_path, 'images')) == 3
    assert {r['frame'] for r in result(tmp_path)} == {0, 1, 2}
    assert len(list(open_source(str(tmp_path / 'out' / 'drawn.mp4')))) == 3


def test_a_video_cut_short_is_said(predict, tmp_path, capsys):
    """Frames of noise, so that the file's data are most of it."""
    write_video(tmp_path / 'clip.mp4')
    whole = (tmp_path / 'clip.mp4').read_bytes()
    data, header = whole.index(b'mdat') - 4, whole.index(b'moov') - 4
    assert header > data
    # The table of frames comes first, and half of the frames are not there.
    half = (data + header) // 2
    (tmp_path / 'cut.mp4').write_bytes(
        whole[:half] + bytes(header - half) + whole[header:])
    assert predict(tmp_path / 'cut.mp4') == 1
    assert 'of 6 frames could not be read' in capsys.readouterr().err


def test_bad_input_is_one_line(predict, tmp_path):
    with pytest.raises(InputError, match='none.jpg: no such image, folder'):
        predict(tmp_path / 'none.jpg')
    (tmp_path / 'bad.jpg').write_bytes(b'broken')
    with pytest.raises(InputError, match='bad.jpg: not a whole image'):
        predict(tmp_path / 'bad.jpg')
    write_image(tmp_path / 'a.png')
    shutil.rmtree(tmp_path / 'out')
    (tmp_path / 'out').write_text('a file')
    with pytest.raises(InputError, match='out: cannot be written'):
        predict(tmp_path / 'a.png')


def test_the_published_net_without_torch(tmp_path):
    """In a process that cannot import torch or any OpenMMLab package."""
    write_image(tmp_path / 'a.png')
    code = ('import sys\n'
            'sys.modules.update(dict.fromkeys(["torch", "mmengine", "mmcv"]))\n'
            'from sasd_mmpose.cli.main import main\n'
            f'sys.exit(main(["predict", {str(tmp_path / "a.png")!r}, "--out", '
            f'{str(tmp_path / "out")!r}]))')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(result(tmp_path, 'images')) == 1


def test_names_of_any_bytes(predict, tmp_path):
    folder = tmp_path / 'in'
    folder.mkdir()
    write_image(folder / 'a.png')
    strange = os.fsdecode(os.fsencode(folder) + b'/gr\xfc\xdfe.png')
    shutil.copy(folder / 'a.png', strange)
    assert predict(folder) == 0
    drawn = {os.fsencode(p.name) for p in (tmp_path / 'out' / 'drawn').iterdir()}
    assert drawn == {b'a.png', b'gr\xfc\xdfe.png'}


def test_a_terminal_without_the_letters_of_a_name(tmp_path):
    write_image(tmp_path / 'a.png')
    done = subprocess.run(
        [sys.executable, '-m', 'sasd_mmpose', 'predict', tmp_path / 'a.png',
         '--out', tmp_path / 'résultat'], capture_output=True, check=False,
        env={**os.environ, 'PYTHONIOENCODING': 'ascii'})
    assert done.returncode == 0, done.stderr
    assert rb'r\xe9sultat' in done.stdout


@pytest.mark.parametrize('arguments, message', [
    (['--config', 'a.py'], 'config and checkpoint: give both'),
    (['--model', 'a', '--config', 'a', '--checkpoint', 'b'], 'not both'),
    (['--runtime', 'ncnn', '--flip-test'], 'flip_test: not with the runtime ncnn'),
    (['--threads', -3], 'threads=-3: must be a whole number from 1'),
    (['--score-thr', 2], r'score_thr=2.0: must be a number from 0 to 1'),
    (['--score-thr', 'nan'], 'score_thr=nan'),
    (['--keypoint-thr', 'nan'], '--keypoint-thr nan'),
    (['--save', 'coco,xml'], '--save coco,xml: must be some of coco, csv, drawn'),
    (['--thickness', 0], '--thickness 0: must be from 1 to 100'),
])
def test_bad_arguments(tmp_path, arguments, message):
    write_image(tmp_path / 'a.png')
    with pytest.raises(InputError, match=message):
        sasd('predict', tmp_path / 'a.png', '--out', tmp_path / 'out', *arguments)
    assert not (tmp_path / 'out').exists()


def test_stopping_again_while_files_are_finished(
        predict, tmp_path, monkeypatch, interruptible):
    write_video(tmp_path / 'clip.mp4')
    inner = DrawnVideo.close

    def interrupted(self):
        os.kill(os.getpid(), signal.SIGTERM)
        inner(self)

    monkeypatch.setattr(DrawnVideo, 'close', interrupted)
    assert predict(tmp_path / 'clip.mp4') == 0
    assert len(list(open_source(str(tmp_path / 'out' / 'drawn.mp4')))) == 6


def test_ctrl_c_before_the_first_image(monkeypatch, capsys):
    def stopped(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr('sasd_mmpose.cli.main.main', stopped)
    with pytest.raises(SystemExit) as ended:
        console()
    assert ended.value.code == 130
    assert capsys.readouterr().err == 'stopped\n'
