"""Testing a net as it is deployed."""
from __future__ import annotations

from pathlib import Path

from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.runner import Runner

from sasd_mmpose.models.deployed import deployed_cfg

TRAINING_KEYS = ('train_dataloader', 'train_cfg', 'optim_wrapper',
                  'param_scheduler', 'val_dataloader', 'val_cfg',
                  'val_evaluator')


def evaluate_deployed(cfg: Config, pruned: Path, work_dir: Path,
                      outfile_prefix: Path) -> tuple[dict, BaseDataset]:
    """Test pruned weights; what training needs alone is not built.

    Args:
        cfg (Config): A training config with a test set.
        pruned (Path): Checkpoint of the deployed net.
        work_dir (Path): Where MMEngine's log goes.
        outfile_prefix (Path): ``.keypoints.json`` is appended for the
            predictions in COCO's format.

    Returns:
        tuple[dict, BaseDataset]: The metrics, and the set they belong to.

    Raises:
        InputError: If the checkpoint belongs to another net.
    """
    deployed = Config(cfg.to_dict())
    deployed.model = deployed_cfg(cfg.model)
    return evaluate(deployed, pruned, work_dir, outfile_prefix)


def evaluate(cfg: Config, weights: Path, work_dir: Path,
             outfile_prefix: Path) -> tuple[dict, BaseDataset]:
    """Test a net as its config has it, such as with its auxiliary level.

    Args:
        cfg (Config): A training config with a test set.
        weights (Path): Checkpoint of the net.
        work_dir (Path): Where MMEngine's log goes.
        outfile_prefix (Path): See :func:`evaluate_deployed`.

    Returns:
        tuple[dict, BaseDataset]: The metrics, and the set they belong to.

    Raises:
        InputError: If the checkpoint belongs to another net.
    """
    test = Config(cfg.to_dict())
    for key in TRAINING_KEYS:
        test.pop(key, None)
    test.custom_hooks = [dict(type='CheckpointGuardHook')]
    test.load_from, test.resume = str(weights), False
    test.work_dir = str(work_dir)
    test.test_evaluator.outfile_prefix = str(outfile_prefix)
    runner = Runner.from_cfg(test)
    return runner.test(), runner.test_dataloader.dataset
