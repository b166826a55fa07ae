"""Train a config on 16 drawn images, evaluate it on them, record the result."""
from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch

from sasd_mmpose.environment import machine
from sasd_mmpose.errors import install_excepthook

from ..overfit import NUM_IMAGES, overfit, overfit_cfg


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', type=Path, help='of LitePose or HigherHRNet')
    parser.add_argument('--out', type=Path, required=True, help='json to write')
    parser.add_argument('--size', type=int, default=128, help='in pixels')
    parser.add_argument('--steps', type=int, default=1000)
    parser.add_argument('--batch-size', type=int, default=4)
    parser.add_argument('--lr', type=float, default=4e-3)
    parser.add_argument('--tag-weight', type=float, default=0.2)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--bf16', action='store_true',
        help='train in bfloat16: faster where the processor knows it')
    parser.add_argument(
        '--load-from', type=Path, help='weights of an earlier run, to go on')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument(
        '--work-dir', type=Path, help='work_dirs/CONFIG_overfit by default')
    return parser.parse_args()


def main() -> None:
    """Train, evaluate and write the json."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    name = args.config.stem
    work_dir = args.work_dir or Path('work_dirs', f'{name}_overfit')
    work_dir.mkdir(parents=True, exist_ok=True)
    options = {key: getattr(args, key) for key in (
        'size', 'steps', 'batch_size', 'lr', 'tag_weight', 'seed')}
    start = time.process_time()
    cfg = overfit_cfg(args.config, work_dir, **options)
    if args.load_from:
        cfg.load_from = str(args.load_from)
    metrics = overfit(cfg, work_dir / 'weights.pth', args.bf16)
    result = dict(
        config=name,
        **options,
        bf16=args.bf16,
        from_scratch=args.load_from is None,
        images=f'{NUM_IMAGES} drawn images of two people, '
                 'the same in training and evaluation',
        cpu_seconds=round(time.process_time() - start),
        machine=machine(),
        torch=torch.__version__,
        metrics={key: round(float(v), 4) for key, v in metrics.items()})
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=2) + '\n')
    print(f'AP {result["metrics"]["coco/AP"]:.3f}; written to {args.out}')


if __name__ == '__main__':
    install_excepthook()
    main()
