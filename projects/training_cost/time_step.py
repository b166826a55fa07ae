"""Time a training step as MMEngine makes it and as the config has it.

    python -m projects.training_cost.time_step configs/sasd_xs_pose_mix.py step.json

Both take turns with one batch of the training data, in float32 and in bfloat16,
at one thread, from the config's load_from or, without, from its start. The json
has the CPU time of a step per image, and how far each gradient is from that of
MMEngine's step in float32, relative to its norm.
"""
from __future__ import annotations

import argparse
import json
import statistics
import time
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import torch
from mmengine.config import Config, ConfigDict, DictAction
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS, init_default_scope
from mmengine.runner import Runner, load_checkpoint
from torch import Tensor, nn

import sasd_mmpose.registration  # noqa: F401, I001  (before MMPose)
from sasd_mmpose.engine.hooks import ChannelsLastHook, FastBackboneHook
from sasd_mmpose.engine.optimizers.muon_adamw import has_amx
from sasd_mmpose.environment import machine
from sasd_mmpose.errors import install_excepthook

PRECISIONS = dict(float32='OptimWrapper', bfloat16='BFloat16OptimWrapper')


class Step:
    """A model with its optimizer, one way of running a step.

    Args:
        model (nn.Module): The model; it is copied.
        optim_wrapper (ConfigDict): Config of the optimizer wrapper.
        fast (bool): As the config has it, or as MMEngine makes it.
    """

    def __init__(self, model: nn.Module, optim_wrapper: ConfigDict,
                 fast: bool) -> None:
        self.model = deepcopy(model)
        cfg = deepcopy(optim_wrapper)
        runner = SimpleNamespace(model=self.model)
        ChannelsLastHook().before_train(runner)
        if fast:
            FastBackboneHook().before_train(runner)
        else:
            cfg.constructor = 'DefaultOptimWrapperConstructor'
            cfg.optimizer.pop('fused', None)
        self.wrapper = build_optim_wrapper(self.model, cfg)
        self.times: list[float] = []

    def gradient(self, batch: dict) -> Tensor:
        """Return the gradient of all parameters for a batch, shape (P, )."""
        with self.wrapper.optim_context(self.model):
            data = self.model.data_preprocessor(batch, training=True)
            losses = self.model(**data, mode='loss')
            loss, _ = self.model.parse_losses(losses)
        loss.backward()
        gradients = [p.grad.flatten() for p in self.model.parameters()
                     if p.grad is not None]
        self.model.zero_grad()
        return torch.cat(gradients)

    def run(self, batch: dict) -> None:
        """Take one step, and keep its CPU time in seconds."""
        start = time.process_time()
        self.model.train_step(batch, self.wrapper)
        self.times.append(time.process_time() - start)


def measure(cfg: Config, rounds: int) -> dict:
    """Let both ways take turns; see the module."""
    init_default_scope('mmpose')
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    model.init_weights()
    if cfg.get('load_from'):
        load_checkpoint(model, cfg.load_from, map_location='cpu')
    model.train()
    model.distilling = False
    loader = cfg.train_dataloader
    loader.update(num_workers=0, persistent_workers=False)
    batch = next(iter(Runner.build_dataloader(loader, seed=0)))
    size = len(batch['data_samples'])
    result = dict(
        batch=size, input=list(batch['inputs'][0].shape[1:]), rounds=rounds,
        machine=machine(), amx=has_amx(),
        clock='CPU time of the process, median over the rounds')
    exact = None
    for precision, wrapper in PRECISIONS.items():
        cfg.optim_wrapper.type = wrapper
        steps = dict(
            plain=Step(model, cfg.optim_wrapper, fast=False),
            fast=Step(model, cfg.optim_wrapper, fast=True))
        gradients = {name: step.gradient(batch) for name, step in steps.items()}
        exact = gradients['plain'] if exact is None else exact
        for _ in range(rounds + 1):
            for step in steps.values():
                step.run(batch)
        result[precision] = {
            name: dict(
                ms_per_image=round(
                    1e3 * statistics.median(step.times[1:]) / size, 2),
                gradient_error=round(float(
                    (gradients[name] - exact).norm() / exact.norm()), 5))
            for name, step in steps.items()
        }
    return result


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config of a training')
    parser.add_argument('out', type=Path, help='json to write')
    parser.add_argument('--rounds', type=int, default=10)
    parser.add_argument('--cfg-options', nargs='+', action=DictAction,
                        default={}, help='changes of the config')
    return parser.parse_args()


def main() -> None:
    """Measure, print and write."""
    args = parse_args()
    torch.set_num_threads(1)
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options)
    result = dict(config=args.config, changes=args.cfg_options,
                  **measure(cfg, args.rounds))
    text = json.dumps(result, indent=1)
    print(text)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(text + '\n')


if __name__ == '__main__':
    install_excepthook()
    main()
