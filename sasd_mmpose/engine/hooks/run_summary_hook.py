"""What a training leaves, said at its end."""
from __future__ import annotations

from pathlib import Path

from mmengine.dist import master_only
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class RunSummaryHook(Hook):
    """Log where the checkpoints are, how good the best one is, and what next."""

    # After the hooks that write the last checkpoint.
    priority = 'VERY_LOW'

    @master_only
    def after_train(self, runner: Runner) -> None:
        """Log the summary."""
        runner.logger.info('\n'.join(['the training has ended', *_lines(runner)]))


def _lines(runner: Runner) -> list[str]:
    """Say what there is, one thing a line."""
    folder = Path(runner.work_dir)
    lines = [f'  trained      {runner.epoch} of {runner.max_epochs} epochs, '
             f'{runner.iter} steps']
    best = _best(runner)
    if best is not None:
        lines.append(f'  best         {best}')
    note = folder / 'last_checkpoint'
    last = note.read_text().strip() if note.is_file() else None
    if last is not None:
        lines.append(f'  last         {last}')
    lines.append(f'  logs         {runner.log_dir}')
    config = folder / Path(runner.cfg.filename or 'config.py').name
    checkpoint = (best or last or '').partition(' (')[0]
    if config.is_file() and checkpoint:
        lines += [
            f'  test         python tools/test.py {config} {checkpoint}',
            f'  try          sasd predict IMAGE --out out --config {config} '
            f'--checkpoint {checkpoint}',
            f'  export       sasd export {config} {checkpoint} --to ncnn_static '
            '--image IMAGE --out deployed']
    return lines


def _best(runner: Runner) -> str | None:
    """Return the best checkpoint and its score, None where none is kept."""
    for hook in runner.hooks:
        if isinstance(hook, CheckpointHook) and hook.save_best:
            path = runner.message_hub.runtime_info.get('best_ckpt')
            if path is None or not Path(path).is_file():
                return None
            name = hook.key_indicators[0]
            score = runner.message_hub.runtime_info.get('best_score')
            return (f'{path}' if score is None
                    else f'{path} ({name} {float(score):.4f})')
    return None
