"""The command that finds poses."""
from __future__ import annotations

import json
import shutil

import cv2
import numpy as np
import pytest
import torch
from small_nets import CONFIGS, SMALL, build, model_cfg
from tool_loader import command, load_tool

from sasd_mmpose import InputError
from sasd_mmpose.inference.model_zoo import PublishedModel
from sasd_mmpose.inference.sources import open_source
from sasd_mmpose.inference.torch_predictor import Predictor


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp('weights') / 'epoch_1.pth'
    torch.save(dict(state_dict=build(model_cfg()).state_dict(), meta={}), path)
    return path


@pytest.fixture
def predict(monkeypatch, checkpoint, tmp_path):
    """Run the command at a small size; the results are in ``tmp_path/out``."""
    run = command('predict', monkeypatch)
    return lambda source, *more: run(
        source, '--config', CONFIGS / f'{SMALL}.py', '--checkpoint', checkpoint,
        '--out', tmp_path / 'out', '--size', 64, '--score-thr', 0,
        '--device', 'cpu', *more)


def result(tmp_path, name: str = 'predictions') -> list[dict]:
    return json.loads((tmp_path / 'out' / f'{name}.json').read_text())


def write_picture(path, size=(40, 50)) -> None:
    cv2.imwrite(str(path), np.random.randint(0, 256, (*size, 3), np.uint8))


def write_video(path) -> None:
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*'mp4v'), 10, (64, 48))
    for _ in range(6):
        writer.write(np.random.randint(0, 256, (48, 64, 3), np.uint8))
    writer.release()


def test_picture(predict, tmp_path, capsys):
    write_picture(tmp_path / 'a.png')
    assert predict(tmp_path / 'a.png') == 0
    said = capsys.readouterr().out
    persons = result(tmp_path)
    assert f'{len(persons)} people in 1 pictures' in said
    assert str(tmp_path / 'out' / 'predictions.json') in said
    assert (tmp_path / 'out' / 'drawn' / 'a.png').is_file()


def test_folder_with_a_broken_picture(predict, tmp_path, capsys):
    folder = tmp_path / 'in'
    folder.mkdir()
    write_picture(folder / 'a.png')
    write_picture(folder / 'c.png', (1, 90))
    (folder / 'b.png').write_bytes(b'broken')
    assert predict(folder) == 1
    captured = capsys.readouterr()
    assert 'in 2 pictures' in captured.out
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


def test_ctrl_c_keeps_what_is_computed(predict, tmp_path, monkeypatch, capsys):
    write_video(tmp_path / 'clip.mp4')
    inner, calls = Predictor.__call__, []

    def interrupted(self, images):
        calls.append(images)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return inner(self, images)

    monkeypatch.setattr(Predictor, '__call__', interrupted)
    assert predict(tmp_path / 'clip.mp4') == 1
    assert 'what was computed is written' in capsys.readouterr().out
    assert len(result(tmp_path, 'images')) == 3
    assert {r['frame'] for r in result(tmp_path)} == {0, 1, 2}
    assert len(list(open_source(str(tmp_path / 'out' / 'drawn.mp4')))) == 3


def test_bad_input_is_one_line(predict, tmp_path):
    with pytest.raises(InputError, match='none.jpg: no such picture'):
        predict(tmp_path / 'none.jpg')
    (tmp_path / 'bad.jpg').write_bytes(b'broken')
    with pytest.raises(InputError, match='bad.jpg: not a whole picture'):
        predict(tmp_path / 'bad.jpg')
    write_picture(tmp_path / 'a.png')
    shutil.rmtree(tmp_path / 'out')
    (tmp_path / 'out').write_text('a file')
    with pytest.raises(InputError, match='out: cannot be written'):
        predict(tmp_path / 'a.png')


def test_without_a_net_it_takes_the_published_one(
        monkeypatch, tmp_path, capsys):
    tool = load_tool('predict')

    def parse(*more: str):
        monkeypatch.setattr(
            'sys.argv', ['predict', 'a.jpg', '--out', 'out', *more])
        return tool.parse_args()

    model = PublishedModel(
        'net', tmp_path / 'config.py', tmp_path / 'net.pth', {})
    monkeypatch.setattr(tool, 'published_models', lambda: [model])
    args = parse()
    assert args.checkpoint == str(model.checkpoint) and args.model is None
    assert args.config == str(model.config)
    (tmp_path / 'ncnn').mkdir()
    (tmp_path / 'ncnn' / 'deploy.json').touch()
    args = parse()
    assert args.model == str(tmp_path / 'ncnn') and args.config is None
    assert parse('--flip-test').config == str(model.config)
    assert parse('--model', 'other').model == 'other'
    monkeypatch.setattr(tool, 'published_models', lambda: [])
    with pytest.raises(SystemExit):
        parse()
    assert 'no net comes with the project' in capsys.readouterr().err


@pytest.mark.parametrize('arguments, message', [
    (['--config', 'a.py'], 'give --config and --checkpoint, or --model'),
    (['--model', 'a', '--flip-test'], '--flip-test: not with --model'),
    (['--model', 'a', '--checkpoint', 'b'], '--checkpoint: not with --model'),
    (['--config', 'a', '--checkpoint', 'b', '--threads', '2'],
     '--threads: not without --model'),
])
def test_arguments_name_one_net(monkeypatch, tmp_path, capsys, arguments, message):
    run = command('predict', monkeypatch)
    with pytest.raises(SystemExit) as stop:
        run('a.jpg', '--out', tmp_path, *arguments)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err
