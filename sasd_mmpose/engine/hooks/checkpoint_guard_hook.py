"""Refuse a checkpoint that belongs to another net."""
from __future__ import annotations

import re

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner, find_latest_checkpoint
from mmpose.registry import HOOKS

from ..checkpoints import check_state_dict


@HOOKS.register_module()
class CheckpointGuardHook(Hook):
    """Compare a checkpoint with the model before its weights are taken over.

    MMEngine loads whatever fits and warns of the rest, so that a checkpoint
    of another variant gives a half-random net. Here it ends with one line.
    Weights that only training needs may be absent or left over; fine-tuning
    (``load_from`` without ``resume``) may change the last convolutions of
    the head, which depend on the number of keypoints.
    """

    priority = 'VERY_HIGH'

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check the weights.

        Args:
            runner (Runner): The runner.
            checkpoint (dict): What was loaded.

        Raises:
            InputError: If the checkpoint does not fit the model.
        """
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        state_dict = {
            re.sub(r'^module\.', '', name): value
            for name, value in checkpoint.get('state_dict', checkpoint).items()
        }
        training = runner._train_loop is not None and not isinstance(
            runner._train_loop, dict)
        # Without a name, what is resumed is the last of the work folder.
        source = runner._load_from or find_latest_checkpoint(runner.work_dir)
        check_state_dict(
            model, state_dict, str(source),
            checkpoint.get('meta', {}),
            head_may_differ=training and not runner._resume)
