"""The demo writes all that it promises, goes on where it was, and says so."""
from __future__ import annotations

import json
import sys

import cv2
import pytest
import torch
from tool_loader import command

from projects.synthetic_people.demo import DemoFiles, ProgressLine
from sasd_mmpose.errors import InputError
from sasd_mmpose.models.distillers import TRAINING_ONLY

pytestmark = pytest.mark.slow


def run_script(*arguments: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        command('projects.synthetic_people.tools.demo', patch)(*arguments)


@pytest.fixture(scope='module')
def demo(tmp_path_factory, request):
    """Folder and output of a quick demo that ran once for all tests."""
    folder = tmp_path_factory.mktemp('demo')
    capture = request.config.pluginmanager.getplugin('capturemanager')
    with capture.global_and_fixture_disabled():
        output = folder / 'terminal.txt'
        with open(output, 'w') as file, pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, 'stdout', file)
            run_script('--quick', '--out', str(folder))
    return folder, output.read_text()


def test_output_is_short_honest_and_names_the_files(demo):
    folder, text = demo
    assert text.startswith('Drawn by a program.')
    assert 'AP 0' in text
    for path in DemoFiles.under(folder):
        assert path.is_file() and path.stat().st_size > 0
        assert str(path) in text
    # MMEngine's own log is in its file.
    assert len(text.splitlines()) < 25
    assert 'mmengine' not in text
    logs = [log.read_text() for log in folder.glob('2*/*.log')]
    assert any('loss_oks' in log for log in logs)


def test_both_stages_took_place(demo):
    _, text = demo
    first, second = (line for line in text.splitlines() if 'epoch ' in line
                     and 'loss' in line)
    assert 'base' in first and 'with its twin' in second


def test_metrics_are_those_of_the_unseen_images(demo):
    folder, _ = demo
    metrics = json.loads(DemoFiles.under(folder).metrics.read_text())
    assert 0 <= metrics['AP'] <= 1
    assert metrics['test_images'] == 8
    assert metrics['steps'] == 4
    assert metrics['epochs'] == metrics['planned_epochs'] == 2
    assert 'Drawn by a program' in metrics['about']


def test_pruned_checkpoint_has_no_training_only_weight(demo):
    files = DemoFiles.under(demo[0])
    full, pruned = (
        torch.load(path, weights_only=True)['state_dict']
        for path in (files.checkpoint, files.pruned))
    dropped = full.keys() - pruned.keys()
    assert dropped and all(k.startswith(TRAINING_ONLY) for k in dropped)
    assert not any(k.startswith(TRAINING_ONLY) for k in pruned)
    assert all(torch.equal(pruned[k], full[k]) for k in pruned)


def test_images_hold_something(demo):
    files = DemoFiles.under(demo[0])
    for path in (files.images, files.curves):
        image = cv2.imread(str(path))
        assert min(image.shape[:2]) > 200
        assert image.std() > 10


def test_a_complete_run_is_only_evaluated_again(demo, capsys):
    folder, _ = demo
    before = json.loads(DemoFiles.under(folder).metrics.read_text())
    run_script('--quick', '--out', str(folder))
    after = json.loads(DemoFiles.under(folder).metrics.read_text())
    assert 'epoch ' not in capsys.readouterr().out.partition('evaluating')[0]
    assert after['AP'] == pytest.approx(before['AP'], abs=1e-6)
    assert after['steps'] == before['steps']


def test_a_folder_with_another_run_is_refused(demo):
    folder, _ = demo
    with pytest.raises(InputError, match='other settings'):
        run_script('--quick', '--seed', '1', '--out', str(folder))


def test_time_limit_ends_training_and_the_rest_follows(tmp_path, capsys):
    run_script('--quick', '--minutes', '0', '--out', str(tmp_path))
    files = DemoFiles.under(tmp_path)
    assert 'stopped after 0 minutes, in epoch 1 of 2' in capsys.readouterr().out
    assert all(path.is_file() for path in files)
    assert json.loads(files.metrics.read_text())['epochs'] == 0


def test_an_interrupted_run_goes_on_from_its_last_epoch(
        tmp_path, capsys, monkeypatch):

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ProgressLine, 'after_val_epoch', interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_script('--quick', '--out', str(tmp_path))
    assert 'epoch  1/2' in capsys.readouterr().out
    run_script('--quick', '--out', str(tmp_path))
    text = capsys.readouterr().out
    assert 'epoch  1/2' not in text and 'epoch  2/2' in text
    metrics = json.loads(DemoFiles.under(tmp_path).metrics.read_text())
    assert metrics['steps'] == 4
