"""Five keypoints of one's own, the way docs/keypoints.md tells."""
from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import yaml
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.registry import MODELS
from small_nets import CONFIGS, model_cfg
from tool_loader import sasd

from sasd_mmpose import PoseEstimator
from sasd_mmpose.models import prune_state_dict

GUIDE = Path(__file__).parents[1] / 'docs' / 'keypoints.md'
NAMES = ['nose', 'left_paw', 'right_paw', 'left_foot', 'right_foot']
COLORS = [(255, 255, 255), (0, 200, 0), (0, 0, 230), (120, 255, 120),
          (120, 120, 255)]
SIZE = 64
BATCH = 8


def draw_figure(image: np.ndarray, rng: np.random.Generator) -> str:
    """Draw a creature with five points; return its line of YOLO-pose labels."""
    scale = rng.uniform(0.5, 0.9) * SIZE
    shape = np.array([[0, -.45], [-.3, -.1], [.3, -.1], [-.2, .45], [.2, .45]])
    points = scale * (shape + rng.normal(0, 0.03, shape.shape))
    points += rng.uniform(0.45, 0.55, 2) * SIZE
    for end, color in zip(points[1:], COLORS[1:]):
        cv2.line(image, tuple(map(round, points[0])), tuple(map(round, end)),
                 color, 3)
    for point, color in zip(points, COLORS):
        cv2.circle(image, tuple(map(round, point)), 4, color, -1)
    points = points.clip(0, SIZE - 1)
    low, high = points.min(0) - 4, points.max(0) + 4
    box = [*(low + high) / 2, *(high - low)]
    labels = np.column_stack([points / SIZE, np.full(5, 2)]).ravel()
    return ' '.join(['0', *(f'{v / SIZE:.5f}' for v in box),
                     *(f'{v:.5f}' for v in labels)])


def write_yolo(folder: Path, pairs: bool) -> Path:
    """Write a YOLO-pose data set of drawn creatures."""
    rng = np.random.default_rng(0)
    for split, count in ('train', 2 * BATCH), ('val', 4):
        for part in 'images', 'labels':
            (folder / part / split).mkdir(parents=True)
        for number in range(count):
            image = rng.integers(0, 60, (SIZE, SIZE, 3), np.uint8)
            line = draw_figure(image, rng)
            cv2.imwrite(str(folder / 'images' / split / f'{number}.png'), image)
            (folder / 'labels' / split / f'{number}.txt').write_text(line)
    content = dict(path='.', train='images/train', val='images/val',
                   names=['creature'], kpt_shape=[5, 3])
    if pairs:
        content.update(kpt_names={0: NAMES}, flip_idx=[0, 2, 1, 4, 3])
    (folder / 'data.yaml').write_text(yaml.safe_dump(content))
    return folder / 'data.yaml'


def published(text: str) -> str:
    """Return the weights that the guide starts from; they are there."""
    path = re.search(r"load_from = '(.*)'", text)[1]
    assert (GUIDE.parents[1] / path).is_file()
    return path


def guide_config(folder: Path) -> str:
    """Take the config out of the guide and put real paths into it."""
    text = re.search(r'```python\n(_base_.*?)```', GUIDE.read_text(), re.DOTALL)[1]
    for old, new in {
            './sasd_xs_coco.py': str(CONFIGS / 'sasd_xs_coco.py'),
            'data/cats/': f'{folder}/data/',
            '../../cats/': f'{folder}/cats/',
            published(text): str(folder / 'seventeen.pth')}.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def shrink(cfg: Config, work_dir: Path, epochs: int) -> Config:
    """Train on the small images as they are, in seconds."""
    cfg.train_dataloader.update(
        batch_size=BATCH, num_workers=0, persistent_workers=False)
    cfg.train_dataloader.dataset.pipeline = [
        cfg.load, dict(type='PoseResize', input_size=(SIZE, SIZE)), cfg.flip,
        cfg.drop_unlabelled, cfg.encode, cfg.pack]
    cfg.train_cfg = dict(by_epoch=True, max_epochs=epochs)
    cfg.optim_wrapper = dict(
        type='OptimWrapper', optimizer=dict(type='AdamW', lr=2e-3))
    cfg.default_hooks.checkpoint = dict(type='CheckpointHook', interval=epochs)
    cfg.custom_hooks = [dict(type='CheckpointGuardHook')]
    cfg.param_scheduler = None
    for part in 'val', 'test':
        for key in 'dataloader', 'evaluator', 'cfg':
            cfg[f'{part}_{key}'] = None
    cfg.work_dir = str(work_dir)
    return cfg


class Losses(Hook):
    """Keeps the total loss of each step."""

    def __init__(self):
        self.values = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.values.append(outputs['loss'].item())


@pytest.mark.slow
@pytest.mark.parametrize('pairs, bones', [(True, True), (False, False)])
def test_from_labels_to_a_net_that_runs(tmp_path, capsys, pairs, bones):
    """Without names of left and right there are no pairs."""
    source = write_yolo(tmp_path / 'cats', pairs)
    names = NAMES if pairs else [f'keypoint_{i}' for i in range(5)]
    links = ','.join(f'{names[0]}:{name}' for name in names[1:])
    sasd('convert', source, '--out', tmp_path / 'data',
         *(['--bones', links] if bones else []))
    assert sasd('check', tmp_path / 'data' / 'train.json', '--images',
                source.parent, '--metainfo', tmp_path / 'data' / 'metainfo.py',
                '--sheet', tmp_path / 'check.html') == 0

    # Weights for 17 keypoints: all but the last layers are taken over.
    old = MODELS.build(model_cfg())
    torch.save(dict(state_dict=prune_state_dict(old.state_dict()), meta={}),
               tmp_path / 'seventeen.pth')
    config = tmp_path / 'five.py'
    config.write_text(guide_config(tmp_path))
    capsys.readouterr()
    sasd('anchors', config, '--size', SIZE)
    fitted = re.search(r'^anchors = .*?\n\n', capsys.readouterr().out, re.S | re.M)[0]
    config.write_text(config.read_text() + fitted
                      + 'model["head"].update(anchors=anchors, mean_pose=mean_pose)\n')

    runner = Runner.from_cfg(
        shrink(Config.fromfile(config), tmp_path / 'run', epochs=20))
    head, losses = runner.model.head, Losses()
    assert head.num_keypoints == 5
    assert head.criterion.loss_skeleton.bones.tolist() == (
        [[0, 1], [0, 2], [0, 3], [0, 4]] if bones else [])
    assert list(head.flip_indices) == (
        [0, 2, 1, 4, 3] if pairs else [0, 1, 2, 3, 4])
    runner.register_hook(losses)
    runner.train()
    assert np.mean(losses.values[-4:]) < 0.85 * np.mean(losses.values[:4])

    image = tmp_path / 'cats' / 'images' / 'val' / '0.png'
    deploy = tmp_path / 'small.py'
    deploy.write_text(f'''_base_ = '{CONFIGS}/deploy/pose_onnxruntime_static.py'
onnx_config = dict(input_shape=({SIZE}, {SIZE}))
''')
    checkpoint = tmp_path / 'run' / 'epoch_20.pth'
    sasd('export', config, checkpoint, '--to', deploy, '--image', image,
         '--out', tmp_path / 'deployed')
    found = PoseEstimator(tmp_path / 'deployed', score_thr=0)(image)
    same = PoseEstimator(config=config, checkpoint=checkpoint, size=SIZE,
                         score_thr=0, device='cpu')(image)
    assert found.keypoint_names == tuple(names) and len(found) == len(same) > 0
    np.testing.assert_allclose(found[0].keypoints, same[0].keypoints, atol=0.05)
