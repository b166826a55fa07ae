"""Curves from the log of a training."""
from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from projects.training_curves import plot_training_curves, read_training_log
from sasd_mmpose import InputError

TERMS = ('oks', 'skeleton', 'bbox', 'obj', 'keypoint_conf')


def train_record(step: int, epoch: int, twin: bool) -> dict:
    """What MMEngine logs after a step."""
    losses = {f'loss_{term}': 10 / (i + step) for i, term in enumerate(TERMS)}
    if twin:
        losses.update({f'high.{k}': 1.2 * v for k, v in losses.items()})
        losses['loss_distill'] = 3 / step
    return dict(losses, loss=sum(losses.values()), lr=0.1, time=1.0,
                epoch=epoch, iter=step, step=step)


def write_log(work_dir: Path, name: str, records: list[dict]) -> None:
    file = work_dir / name / 'vis_data' / 'scalars.json'
    file.parent.mkdir(parents=True)
    file.write_text('\n'.join(map(json.dumps, records)))


def run_log(epochs: range, warmup: int) -> list[dict]:
    """A run of 40 steps an epoch, logged every 20, evaluated each epoch."""
    records = []
    for epoch in epochs:
        for step in (40 * epoch - 20, 40 * epoch):
            records.append(train_record(step, epoch, epoch > warmup))
        records.append({'coco/AP': 0.01 * epoch, 'coco/AP .5': 0.03 * epoch,
                        'time': 1.0, 'step': epoch})
    return records


def test_read(tmp_path):
    write_log(tmp_path, '20250101_000000', run_log(range(1, 7), warmup=4))
    log = read_training_log(tmp_path)
    assert [e for e, _ in log.losses['loss_oks']] == [
        0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6]
    assert [e for e, _ in log.losses['loss_distill']] == [4.5, 5, 5.5, 6]
    assert log.losses['loss_oks'][0][1] == 10 / 20
    assert log.scores['coco/AP'][2] == (3, 0.03)
    assert log.twin_start == 4


def test_resumed_run_counts_where_both_did_a_step(tmp_path):
    write_log(tmp_path, '20250101_000000', run_log(range(1, 4), warmup=9))
    again = run_log(range(3, 6), warmup=9)
    again[2]['coco/AP'] = 0.5
    write_log(tmp_path, '20250102_000000', again)
    log = read_training_log(tmp_path)
    assert len(log.losses['loss_oks']) == 10
    assert log.scores['coco/AP'][2] == (3, 0.5)
    assert log.twin_start is None


@pytest.mark.parametrize('records', [
    run_log(range(1, 6), warmup=2),
    [train_record(20, 1, False)],
    [train_record(20, 1, False) | {'loss_skeleton': 0.0}],
])
def test_plot(tmp_path, records):
    write_log(tmp_path, '20250101_000000', records)
    out = plot_training_curves(tmp_path, tmp_path / 'new' / 'curves.png')
    assert cv2.imread(str(out)).shape[1] > 1000


def test_half_a_line_at_the_end(tmp_path):
    write_log(tmp_path, 'run', run_log(range(1, 3), warmup=9))
    file = tmp_path / 'run' / 'vis_data' / 'scalars.json'
    file.write_text(file.read_text() + '\n{"loss": 0.1, "st')
    assert len(read_training_log(tmp_path).losses['loss']) == 4


def test_bad_input(tmp_path):
    with pytest.raises(InputError, match='no .*scalars.json'):
        plot_training_curves(tmp_path, tmp_path / 'curves.png')
    write_log(tmp_path, 'run', run_log(range(1, 3), warmup=9))
    (tmp_path / 'file').write_text('')
    with pytest.raises(InputError, match='cannot be written'):
        plot_training_curves(tmp_path, tmp_path / 'file' / 'curves.png')
