"""Five keypoints of one's own, the way docs/keypoints.md tells."""
from __future__ import annotations

import re
import textwrap
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmpose.registry import DATASETS, MODELS
from small_nets import CONFIGS, model_cfg

from sasd_mmpose.models import prune_state_dict

GUIDE = Path(__file__).parents[1] / 'docs' / 'keypoints.md'
NAMES = ('nose', 'left_wrist', 'right_wrist', 'left_ankle', 'right_ankle')
DATASET_INFO = f'''
names = {NAMES!r}
pairs = dict(left_wrist='right_wrist', left_ankle='right_ankle')
swap = {{**pairs, **{{b: a for a, b in pairs.items()}}}}
dataset_info = dict(
    dataset_name='five_points', paper_info=dict(),
    keypoint_info={{
        i: dict(name=name, id=i, color=[0, 255, 0], type='upper',
                swap=swap.get(name, ''))
        for i, name in enumerate(names)}},
    skeleton_info={{
        i: dict(link=('nose', name), id=i, color=[0, 255, 0])
        for i, name in enumerate(names[1:])}},
    joint_weights=[1.0] * 5, sigmas=[0.05] * 5)
'''


def guide_config(folder: Path) -> str:
    """Take the config out of the guide and put real paths into it."""
    text = textwrap.dedent(
        re.search(r' *```python\n(.*?)```', GUIDE.read_text(), re.DOTALL)[1])
    for old, new in {
            './sasd_xs_coco.py': str(CONFIGS / 'sasd_xs_coco.py'),
            'my_dataset_info.py': str(folder / 'my_dataset_info.py'),
            'data/mine/': f'{folder}/',
            'train.json': 'annotations.json',
            'val.json': 'annotations.json',
            'sasd_xs_coco.pth': str(folder / 'seventeen.pth')}.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def shrink(cfg: Config, work_dir: Path) -> Config:
    """Train for one step on two small images."""
    size = (64, 64)
    cfg.train_dataloader.update(
        batch_size=2, num_workers=0, persistent_workers=False)
    cfg.train_dataloader.dataset.pipeline = [
        cfg.load, dict(type='PoseRandomAffine', input_size=size),
        cfg.drop_unlabelled, cfg.encode, cfg.pack]
    cfg.train_cfg = dict(by_epoch=True, max_epochs=1)
    cfg.default_hooks.checkpoint = None
    cfg.custom_hooks = [dict(type='CheckpointGuardHook')]
    cfg.param_scheduler = None
    for part in 'val', 'test':
        for key in 'dataloader', 'evaluator', 'cfg':
            cfg[f'{part}_{key}'] = None
    cfg.work_dir = str(work_dir)
    return cfg


def test_the_guide_s_example_trains(tmp_path: Path):
    info = tmp_path / 'my_dataset_info.py'
    info.write_text(DATASET_INFO)
    DATASETS.build(dict(
        type='SyntheticPeople', num_images=2, image_size=(64, 64),
        person_height=(0.6, 0.9),
        metainfo=dict(from_file=str(info)))).export(tmp_path)
    # Weights for 17 keypoints: all but the last layers are taken over.
    old = MODELS.build(model_cfg())
    torch.save(dict(state_dict=prune_state_dict(old.state_dict()), meta={}),
               tmp_path / 'seventeen.pth')
    config = tmp_path / 'five.py'
    config.write_text(guide_config(tmp_path))

    runner = Runner.from_cfg(shrink(Config.fromfile(config), tmp_path / 'run'))
    head = runner.model.head
    assert head.num_keypoints == 5
    assert head.criterion.loss_skeleton.bones.tolist() == [
        [0, 1], [0, 2], [0, 3], [0, 4]]
    assert list(head.flip_indices) == [0, 2, 1, 4, 3]
    runner.train()
    assert runner.iter == 1
