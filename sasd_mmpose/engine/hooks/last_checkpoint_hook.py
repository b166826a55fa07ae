"""Keep the last weights of a training that ends early."""
from __future__ import annotations

from pathlib import Path

from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class LastCheckpointHook(Hook):
    """Save where early stopping ends the training between two checkpoints.

    MMEngine's ``CheckpointHook`` saves the last epoch that the config asks for;
    whether there will be another one, it cannot know.
    """

    priority = 'LOW'

    def after_train(self, runner: Runner) -> None:
        """Save as :class:`CheckpointHook` does, unless it has."""
        for hook in runner.hooks:
            if isinstance(hook, CheckpointHook) and hook.save_last:
                step = runner.epoch if hook.by_epoch else runner.iter
                name = hook.filename_tmpl.format(step)
                if not (Path(hook.out_dir) / name).exists():
                    hook._save_checkpoint_with_step(
                        runner, step, dict(epoch=runner.epoch, iter=runner.iter))
