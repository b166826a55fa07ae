"""AP of deployed nets, beside torch's own, on a config's test set.

Writes one json: for each model folder and runtime its metrics, and torch's
without flip test, at the same input size.

    python -m projects.benchmark.tools.test_deployed \\
        configs/sasd_xs_coco_mini.py CHECKPOINT DIR [DIR ...] \\
        --out results/deploy/ap_NAME.json
"""
from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from mmengine.registry import init_default_scope

from sasd_mmpose import PoseEstimator
from sasd_mmpose.engine.config import load_config
from sasd_mmpose.errors import install_excepthook
from sasd_mmpose.inference.model_description import ModelDescription
from sasd_mmpose.inference.runtimes.nets import BACKENDS

from ..person_results import SCORE_THR, evaluate_persons


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config with the test set')
    parser.add_argument('checkpoint', help='weights that were exported')
    parser.add_argument('folders', nargs='+', help='model folders')
    parser.add_argument('--out', required=True, help='json file to write')
    return parser.parse_args()


def runs(folders: Sequence[str]) -> dict[str, Callable[[], PoseEstimator]]:
    """Name every runtime of every folder, and how to load it."""
    found = {}
    for folder in folders:
        net = ModelDescription.read(folder)
        for name, backend in BACKENDS.items():
            if backend.made_for == net.backend:
                found[f'{name} {net.precision}'] = (
                    lambda folder=folder, name=name: PoseEstimator(
                        folder, runtime=name, score_thr=SCORE_THR))
    return found


def main() -> None:
    """Evaluate, and write the json."""
    args = parse_args()
    cfg = load_config(args.config, 'test_dataloader')
    init_default_scope(cfg.default_scope)
    first = ModelDescription.read(args.folders[0])
    size = first.input_size(None)
    reference = PoseEstimator(
        config=args.config, checkpoint=args.checkpoint, device='cpu',
        size=size, score_thr=SCORE_THR)
    metrics, images = evaluate_persons(cfg, reference)
    results = {'torch fp32': dict(metrics=metrics, versions=dict(
        torch=first.versions['torch']))}
    for name, load in runs(args.folders).items():
        estimator = load()
        metrics, _ = evaluate_persons(cfg, estimator)
        results[name] = dict(
            metrics=metrics, versions=estimator.runtime.description.versions,
            difference=metrics['coco/AP']
            - results['torch fp32']['metrics']['coco/AP'])
        print(f'{name:20} AP {metrics["coco/AP"]:.4f}, against torch '
              f'{results[name]["difference"]:+.5f}', flush=True)
    report = dict(
        config=Path(args.config).name,
        checkpoint_sha256=first.source['checkpoint_sha256'],
        input=list(size),
        images=images,
        flip_test=False,
        runs=results)
    path = Path(args.out)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + '\n')
    print(f'wrote {path}')


if __name__ == '__main__':
    install_excepthook()
    main()
