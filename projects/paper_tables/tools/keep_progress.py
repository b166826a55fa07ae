"""Keep the averaged weights of a training that goes on, small enough to commit.

    python -m projects.paper_tables.tools.keep_progress \
        work_dirs/sasd_xs_pose_mix weights/in_progress

Writes weights.pth, from which the training can go on elsewhere (load_from),
with convolutions in 16 bits, and record.json: where the training stands, its
speed, and every AP that it has logged.
"""
from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.runner import find_latest_checkpoint

import sasd_mmpose.registration  # noqa: F401  (loads MMEngine's checkpoints)
from sasd_mmpose.errors import InputError, install_excepthook

from ..run_record import epochs_of, hours_of, read_earlier

# Not trained before the twin takes part.
LEFT_OUT = ('aux_level.', )
# What a training adds to the one that it goes on from.
ADDED = ('epoch', 'iterations', 'images', 'hours', 'validations')


def averaged_weights(checkpoint: dict) -> dict[str, torch.Tensor]:
    """Take the weights out of a checkpoint, convolutions in 16 bits.

    With an ``EMAHook`` MMEngine saves the averaged ones as ``state_dict``.
    """
    return {
        name: value.half() if value.ndim == 4 else value
        for name, value in checkpoint['state_dict'].items()
        if not name.startswith(LEFT_OUT)
    }


def metrics_of(work_dir: Path, flip_test: bool) -> list[dict]:
    """Read the metrics of every validation from all logs of a run.

    Args:
        work_dir (Path): Its folder.
        flip_test (bool): Whether they are with the flip test.

    Returns:
        list[dict]: For the json.
    """
    rows = []
    for log in sorted(work_dir.glob('*/vis_data/scalars.json')):
        lines = map(json.loads, log.read_text().splitlines())
        rows += [dict({key: round(value, 4) for key, value in line.items()
                       if key.startswith('coco/') or key == 'step'},
                      flip_test=flip_test)
                 for line in lines if 'coco/AP' in line]
    return rows


def record_of(work_dir: Path, meta: dict) -> dict:
    """Say where a run stands.

    Args:
        work_dir (Path): Its folder.
        meta (dict): ``meta`` of the checkpoint.

    Returns:
        dict: For the json.
    """
    cfg = Config.fromstring(meta['cfg'], '.py')
    batch_size = cfg.train_dataloader.batch_size
    epochs = epochs_of(work_dir, meta['epoch'])
    hours = hours_of(epochs, batch_size)
    done = epochs[-1]['iterations'] if epochs else 0
    return dict(
        commit=subprocess.run(
            ['git', 'rev-parse', 'HEAD'], capture_output=True, text=True,
            check=True).stdout.strip(),
        epoch=meta['epoch'],
        iterations=meta['iter'],
        images=meta['iter'] * batch_size,
        hours=round(hours, 2),
        images_per_hour=round(done * batch_size / hours) if hours else None,
        validations=metrics_of(
            work_dir, bool(cfg.model.test_cfg.get('flip_test', False))))


def joined(before: dict, record: dict) -> dict:
    """Add a record to that of the training whose weights it went on from."""
    total = {key: before[key] + record[key]
             for key in ('epoch', 'iterations', 'images')}
    hours = before['hours'] + record['hours']
    later = [dict(test, step=test['step'] + before['epoch'])
             for test in record['validations']]
    return dict(
        commit=record['commit'], **total, hours=round(hours, 2),
        images_per_hour=round(total['images'] / hours) if hours else None,
        validations=before['validations'] + later)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('work_dir', type=Path, help='of the training')
    parser.add_argument('out', type=Path, help='folder to write to')
    parser.add_argument(
        '--after', type=Path, metavar='RECORD',
        help='record.json of the training whose weights this one went on '
        'from; its numbers are added')
    return parser.parse_args()


def main() -> None:
    """Write weights and record."""
    args = parse_args()
    latest = find_latest_checkpoint(str(args.work_dir))
    if latest is None:
        raise InputError(f'{args.work_dir}: no checkpoint yet; let the training '
                         'write one first')
    checkpoint = torch.load(latest, map_location='cpu')
    meta = checkpoint['meta']
    args.out.mkdir(parents=True, exist_ok=True)
    kept = {key: meta[key] for key in ('epoch', 'iter', 'experiment_name')}
    torch.save(dict(meta=kept, state_dict=averaged_weights(checkpoint)),
               args.out / 'weights.pth')
    record = record_of(args.work_dir, meta)
    if args.after:
        record = joined(read_earlier(args.after, ADDED), record)
    (args.out / 'record.json').write_text(json.dumps(record, indent=1) + '\n')
    print(json.dumps(record))


if __name__ == '__main__':
    install_excepthook()
    main()
