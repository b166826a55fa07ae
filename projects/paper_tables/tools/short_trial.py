"""Train a config for some minutes of CPU time and test it, to compare settings.

    python -m projects.paper_tables.tools.short_trial configs/sasd_xs_pose_mix.py 20 \
        results/trials/NAME.json --cfg-options optim_wrapper.optimizer.lr=1e-3

The rate falls over the last 40 % of the time. The averaged weights are tested,
without flip test.
"""
from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
from pathlib import Path

import torch
from mmengine.config import Config, DictAction
from mmengine.runner import Runner

import sasd_mmpose.registration  # noqa: F401, I001  (before MMPose)
from sasd_mmpose.errors import install_excepthook
from sasd_mmpose.models import deployed_cfg, prune_state_dict

from ..cpu_budget_hook import CPUBudgetHook
from ..person_oks import mean_person_oks
from ..time_limit_hook import TimeLimitReached

WEIGHTS = 'trial.pth'
TRAINING_KEYS = ('train_dataloader', 'train_cfg', 'optim_wrapper',
                 'param_scheduler', 'val_dataloader', 'val_cfg',
                 'val_evaluator', 'custom_hooks')


def train(cfg: Config, minutes: float) -> dict:
    """Train and save the averaged weights into the work folder.

    Args:
        cfg (Config): The training; loading and validating are changed.
        minutes (float): CPU time.

    Returns:
        dict: ``iterations`` and ``images``.
    """
    cfg.train_dataloader.update(num_workers=0, persistent_workers=False)
    for key in 'val_dataloader', 'val_cfg', 'val_evaluator':
        cfg[key] = None
    cfg.default_hooks.pop('checkpoint')
    runner = Runner.from_cfg(cfg)
    runner.register_hook(CPUBudgetHook(minutes))
    with contextlib.suppress(TimeLimitReached):
        runner.train()
    runner.save_checkpoint(
        cfg.work_dir, WEIGHTS, save_optimizer=False,
        save_param_scheduler=False)
    return dict(iterations=runner.iter,
                images=runner.iter * cfg.train_dataloader.batch_size)


def test(cfg: Config) -> dict[str, float]:
    """Test the weights in the work folder as the deployed net.

    Args:
        cfg (Config): The training's config.

    Returns:
        dict[str, float]: MMPose's metrics, and ``mean_oks`` over the persons.
    """
    folder = Path(cfg.work_dir)
    weights = torch.load(folder / WEIGHTS, weights_only=False)['state_dict']
    torch.save(dict(state_dict=prune_state_dict(weights)), folder / WEIGHTS)
    for key in TRAINING_KEYS:
        cfg.pop(key, None)
    cfg.model = deployed_cfg(cfg.model)
    cfg.model.test_cfg.flip_test = False
    cfg.model.backbone.init_cfg = None
    cfg.test_dataloader.update(num_workers=0, persistent_workers=False)
    cfg.test_evaluator.outfile_prefix = str(folder / 'found')
    cfg.load_from = str(folder / WEIGHTS)
    runner = Runner.from_cfg(cfg)
    metrics = runner.test()
    metrics['mean_oks'] = mean_person_oks(
        cfg.test_evaluator.ann_file, folder / 'found.keypoints.json',
        runner.test_dataloader.dataset.metainfo['sigmas'])
    return {name: round(float(value), 4) for name, value in metrics.items()}


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config of a training')
    parser.add_argument('minutes', type=float, help='CPU time of the training')
    parser.add_argument('out', type=Path, help='json to write')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction,
                        default={}, help='changes of the config')
    return parser.parse_args()


def main() -> None:
    """Train, test and write the json."""
    args = parse_args()
    torch.set_num_threads(1)
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options)
    with tempfile.TemporaryDirectory() as folder:
        cfg.work_dir = folder
        result = dict(
            config=args.config, changes=args.cfg_options, seed=cfg.randomness.seed,
            cpu_minutes=args.minutes, flip_test=False, **train(
                Config(cfg.to_dict()), args.minutes))
        result['metrics'] = test(cfg)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=1) + '\n')
    print(f'AP {result["metrics"]["coco/AP"]:.4f}; written to {args.out}')


if __name__ == '__main__':
    install_excepthook()
    main()
