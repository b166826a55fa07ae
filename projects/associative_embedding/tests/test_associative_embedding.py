"""Targets, losses, grouping and flip test of the multi-resolution heads."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS, TRANSFORMS

import projects.synthetic_people  # noqa: F401  (registers the data set)
from projects.associative_embedding.codec import CellAssociativeEmbedding
from projects.associative_embedding.grouping import Grouper
from projects.associative_embedding.head import MultiResolutionAEHead
from projects.associative_embedding.runtime import AERuntime
from projects.associative_embedding.tools import make_tables
from sasd_mmpose import InputError

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / 'projects' / 'litepose' / 'configs' / 'litepose_xs_coco.py'
SIZE = 128
STRIDES = (4, 2)
SIGMA = 2


class FixedHead(MultiResolutionAEHead):
    """A head whose maps are its features."""

    def forward(self, feats: tuple) -> tuple:
        return feats


@pytest.fixture(scope='module')
def cfg() -> Config:
    cfg = Config.fromfile(CONFIG)
    init_default_scope('mmpose')
    return cfg


@pytest.fixture
def head(cfg: Config) -> FixedHead:
    head_cfg = cfg.model.head
    return FixedHead(
        1, dict(head_cfg.metainfo), keypoint_loss=head_cfg.keypoint_loss,
        tag_loss=head_cfg.tag_loss, decoder=head_cfg.decoder)


@pytest.fixture
def grouper(cfg: Config) -> Grouper:
    return AERuntime.from_config(cfg).grouper


def draw(people: np.ndarray, tags: np.ndarray, size: int = SIZE,
         seen: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Draw the maps of a perfect net.

    Args:
        people (np.ndarray): ``(n, K, 2)`` in pixels of the input.
        tags (np.ndarray): Of the people, ``(n, )``.
        size (int): Side of the input in pixels.
        seen (np.ndarray, optional): Which keypoints the heatmaps show,
            ``(n, K)``; all by default.
    """
    number = people.shape[1]
    seen = np.ones(people.shape[:2], bool) if seen is None else seen
    maps = []
    for stride in STRIDES:
        side = size // stride
        centers = (np.arange(side) + 0.5) * stride
        level = np.zeros((number, side, side), np.float32)
        near = np.full((number, side, side), np.inf)
        of_nearest = np.zeros((number, side, side), np.float32)
        for person, tag, shown in zip(people, tags, seen):
            for keypoint, (x, y) in enumerate(person):
                distance = ((centers - x)**2)[None] + ((centers - y)**2)[:, None]
                blob = shown[keypoint] * np.exp(
                    -distance / (2 * (SIGMA * stride)**2))
                level[keypoint] = np.maximum(level[keypoint], blob)
                closer = distance < near[keypoint]
                near[keypoint][closer] = distance[closer]
                of_nearest[keypoint][closer] = tag
        maps.append(np.concatenate([level, of_nearest]) if stride == 4 else level)
    return tuple(maps)


def random_people(rng: np.random.Generator, number: int,
                  keypoints: int = 17) -> np.ndarray:
    """People side by side, points anywhere within their columns."""
    width = SIZE / number
    points = rng.uniform(6, SIZE - 6, (number, keypoints, 2))
    points[..., 0] = (rng.uniform(0.3, 0.7, (number, keypoints))
                      + np.arange(number)[:, None]) * width
    return points


def noisy(maps: tuple, rng: np.random.Generator) -> tuple:
    """Disturb all maps smoothly, tags more than heatmaps: no new peaks."""
    disturbed = []
    for level in maps:
        fields = rng.normal(0, 0.03, (len(level), 5, 5))
        fields[17:] *= 5
        disturbed.append((level + [
            cv2.resize(field, level.shape[:0:-1], interpolation=cv2.INTER_CUBIC)
            for field in fields
        ]).astype(np.float32))
    return tuple(disturbed)


def as_torch(maps: tuple) -> tuple[torch.Tensor, ...]:
    return tuple(torch.from_numpy(level)[None] for level in maps)


def predicted(head: FixedHead, maps: tuple, size: int = SIZE):
    sample = DummySample(img_shape=(size, size))
    with torch.no_grad():
        return head.predict(as_torch(maps), [sample], test_cfg=dict())[0]


class DummySample:
    def __init__(self, **metainfo: object) -> None:
        self.metainfo = metainfo


# ------------------------------------------------------------------- targets


@pytest.mark.parametrize('stride', STRIDES)
def test_targets_are_the_cells_that_keypoints_lie_in(stride):
    side = SIZE // stride
    codec = CellAssociativeEmbedding((SIZE, SIZE), (side, side), sigma=SIGMA)
    rng = np.random.default_rng(0)
    keypoints = rng.uniform(0, SIZE - 1e-3, (5, 3, 2)).astype(np.float32)
    visible = (rng.random((5, 3)) > 0.3).astype(np.float32)
    encoded = codec.encode(keypoints, visible)
    cells = np.floor(keypoints / stride).astype(int)
    expected = np.zeros((3, side, side), np.float32)
    rows, columns = np.mgrid[:side, :side]
    for (x, y), k in zip(cells[visible > 0], np.nonzero(visible)[1]):
        squared = (columns - x)**2 + (rows - y)**2
        window = ((abs(columns - x) <= 3 * SIGMA) & (abs(rows - y) <= 3 * SIGMA))
        expected[k] = np.maximum(
            expected[k], np.exp(-squared / (2 * SIGMA**2)) * window)
    np.testing.assert_allclose(encoded['heatmaps'], expected, atol=1e-6)
    indices, labelled = np.moveaxis(encoded['keypoint_indices'], -1, 0)
    assert (labelled == visible).all()
    assert (indices == cells[..., 1] * side + cells[..., 0])[visible > 0].all()


def test_decoding_undoes_the_targets_to_a_part_of_a_cell(head):
    """Targets of both resolutions, merged, resized and decoded."""
    rng = np.random.default_rng(1)
    people = random_people(rng, 2).astype(np.float32)
    levels = [
        CellAssociativeEmbedding(
            (SIZE, SIZE), (SIZE // s, ) * 2, sigma=SIGMA).encode(people)['heatmaps']
        for s in STRIDES
    ]
    tags = draw(people, np.array([-2, 2]))[0][17:]
    found = predicted(head, (np.concatenate([levels[0], tags]), levels[1]))
    keypoints = sorted(found.keypoints, key=lambda points: points[0, 0])
    error = np.array(keypoints) - people
    # Half a cell of the coarser level at most, and no bias.
    assert np.abs(error).max() < 2.5
    assert np.abs(error.mean(axis=(0, 1))).max() < 0.3


def test_pipeline_packs_targets_of_both_levels(cfg):
    pipeline = [
        dict(t, **({'input_size': (256, 256)} if 'input_size' in t else {}))
        for t in cfg.train_dataloader.dataset.pipeline]
    data = DATASETS.build(dict(
        type='SyntheticPeople', num_images=1, image_size=(160, 120),
        min_people=2, max_people=2, person_height=(0.5, 0.9),
        data_mode='bottomup', pipeline=pipeline))
    sample = data[0]['data_samples']
    assert [h.shape for h in sample.gt_fields.heatmaps] == [
        (17, 64, 64), (17, 128, 128)]
    assert [m.shape[-2:] for m in sample.gt_fields.heatmap_mask] == [
        (64, 64), (128, 128)]
    indices = sample.gt_instance_labels.keypoint_indices
    assert indices.shape == (2, 2, 17, 2)
    # Where a tag is read, the heatmap of that level has its peak.
    for level, heatmaps in enumerate(sample.gt_fields.heatmaps):
        index, labelled = indices[level].unbind(-1)
        at_index = heatmaps.flatten(1).gather(1, index.T.clamp(min=0)).T
        assert (at_index[labelled > 0] == 1).all()


# -------------------------------------------------------------------- losses


def plain_losses(maps: list, heatmaps: list, masks: list,
                 indices: np.ndarray) -> dict[str, float]:
    """HigherHRNet's losses, written down for one batch in numpy."""
    number = heatmaps[0].shape[1]
    losses = {
        f'loss_heatmap_{level}': np.mean(
            (maps[level][:, :number] - heatmaps[level])**2
            * masks[level][:, None])
        for level in (0, 1)
    }
    pulls, pushes = [], []
    for tag_map, persons in zip(maps[0][:, number:], indices):
        flat = tag_map.reshape(number, -1)
        tags = [[flat[k, i] for k, (i, v) in enumerate(person) if v]
                for person in persons]
        tags = [np.array(t) for t in tags if t]
        means = [t.mean() for t in tags]
        n = len(tags)
        pulls.append(
            sum(np.mean((t - m)**2) for t, m in zip(tags, means)) / max(n, 1))
        # MMPose counts each person against itself, too: a constant.
        pushes.append(0 if n < 2 else 0.5 * sum(
            np.exp(-(a - b)**2) for a in means for b in means) / (n * (n - 1)))
    return dict(losses, loss_pull=0.001 * np.mean(pulls),
                loss_push=0.001 * np.mean(pushes))


def test_losses_equal_a_plain_restatement(head):
    rng = np.random.default_rng(2)
    sides = [SIZE // s for s in STRIDES]
    maps = [rng.normal(size=(3, c, s, s)).astype(np.float32)
            for c, s in zip((34, 17), sides)]
    heatmaps = [rng.random((3, 17, s, s)).astype(np.float32) for s in sides]
    masks = [rng.random((3, s, s)) > 0.2 for s in sides]
    # Two people, one person, and nobody with a labelled keypoint.
    indices = np.stack([rng.integers(0, sides[0]**2, (3, 2, 17)),
                        rng.integers(0, 2, (3, 2, 17))], axis=-1)
    indices[1, 1, :, 1] = 0
    indices[2, :, :, 1] = 0

    class Sample:
        def __init__(self, i: int) -> None:
            self.gt_fields = self.gt_instance_labels = self
            self.heatmaps = [torch.from_numpy(h[i]) for h in heatmaps]
            self.heatmap_mask = [torch.from_numpy(m[i]) for m in masks]
            self.keypoint_indices = torch.from_numpy(indices[i])[None]

    feats = tuple(torch.from_numpy(m).requires_grad_() for m in maps)
    losses = head.loss(feats, [Sample(i) for i in range(3)], train_cfg=dict())
    expected = plain_losses(maps, heatmaps, masks, indices)
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        assert losses[name].item() == pytest.approx(value, rel=1e-4), name
    sum(losses.values()).backward()
    assert all(torch.isfinite(f.grad).all() and f.grad.any() for f in feats)


# ------------------------------------------------------------------ grouping


@pytest.mark.parametrize('find', ['mmpose', 'numpy'])
def test_grouping_finds_made_people(head, grouper, find):
    """Three people with tags 0, 2 and 4; two of them lack keypoints."""
    rng = np.random.default_rng(3)
    people = random_people(rng, 3)
    seen = np.ones(people.shape[:2], bool)
    seen[0, 5] = seen[2, 0] = False
    maps = draw(people, np.array([0., 2., 4.]), seen=seen)
    if find == 'mmpose':
        found = predicted(head, maps)
        keypoints, scores = found.keypoints, found.keypoint_scores
    else:
        keypoints, scores, _ = grouper(maps, (SIZE, SIZE))
    assert len(keypoints) == 3
    order = np.argsort(keypoints[:, 1, 0])
    error = np.linalg.norm(keypoints[order] - people, axis=-1)
    assert error[seen].max() < 1.5
    assert scores[order][seen].min() > 0.8
    assert scores[order][~seen].max() < 0.2


@pytest.mark.parametrize('grain', [0, 0.03])
@pytest.mark.parametrize('seed', range(4))
def test_grouping_equals_mmposes_codec(head, grouper, seed, grain):
    """Also where noise makes peaks that belong to nobody."""
    rng = np.random.default_rng(seed)
    number = seed + 1
    people = random_people(rng, number)
    tags = 2.5 * rng.permutation(number) + rng.normal(0, 0.1, number)
    maps = noisy(
        draw(people, tags, seen=rng.random(people.shape[:2]) > 0.2), rng)
    maps = tuple((level + rng.normal(0, grain, level.shape)).astype(np.float32)
                 for level in maps)
    expected = predicted(head, maps)
    order = np.argsort(-expected.bbox_scores, kind='stable')
    keypoints, keypoint_scores, scores = grouper(maps, (SIZE, SIZE))
    assert len(keypoints) == len(expected.keypoints) >= number
    np.testing.assert_allclose(keypoints, expected.keypoints[order], atol=1e-4)
    np.testing.assert_allclose(
        keypoint_scores, expected.keypoint_scores[order], atol=1e-6)
    np.testing.assert_allclose(scores, expected.bbox_scores[order], atol=1e-6)


def test_nobody_is_found_in_empty_maps(head, grouper):
    maps = draw(np.zeros((0, 17, 2)), np.zeros(0))
    found = predicted(head, maps)
    assert found.keypoints.shape == (0, 17, 2) and found.bboxes.shape == (0, 4)
    keypoints, keypoint_scores, scores = grouper(maps, (SIZE, SIZE))
    assert keypoints.shape == (0, 17, 2)
    assert keypoint_scores.shape == (0, 17) and scores.shape == (0, )


def test_images_of_different_shape_in_one_batch_are_refused(head):
    maps = [np.concatenate([level[None]] * 2) for level in draw(
        np.zeros((0, 17, 2)), np.zeros(0))]
    samples = [DummySample(img_shape=(SIZE, SIZE)),
               DummySample(img_shape=(SIZE, SIZE - 64))]
    with pytest.raises(InputError, match='batch_size'):
        head.predict(tuple(map(torch.from_numpy, maps)), samples, dict())


def test_grouping_small_maps_finds_the_same_people(grouper):
    maps = draw(random_people(np.random.default_rng(4), 3), np.array([0, 2, 4]))
    full = grouper(maps, (SIZE, SIZE))
    grouper.full_size = False
    small = grouper(maps, (SIZE, SIZE))
    distance = np.linalg.norm(
        full[0][:, None] - small[0][None], axis=-1).mean(axis=-1)
    assert distance.min(axis=1).max() < 1 and len(small[0]) == 3


def test_boxes_surround_the_keypoints(head):
    found = predicted(head, draw(
        random_people(np.random.default_rng(5), 2), np.array([0., 3.])))
    np.testing.assert_array_equal(found.bboxes[:, :2], found.keypoints.min(1))
    np.testing.assert_array_equal(found.bboxes[:, 2:], found.keypoints.max(1))


# ----------------------------------------------------------------- flip test


def mirror(maps: tuple, flip_indices: list[int]) -> tuple:
    """The maps that a perfect net gives for the mirror image."""
    channels = [flip_indices + [17 + k for k in flip_indices], flip_indices]
    return tuple(np.ascontiguousarray(level[order][..., ::-1])
                 for level, order in zip(maps, channels))


def test_flip_test_of_the_mirror_image_is_the_mirror(head):
    rng = np.random.default_rng(6)
    people = random_people(rng, 2)
    # What the net says of the image and of its mirror image: not the same.
    maps, mirrored = (
        noisy(draw(points, np.array([0., 3.])), rng) for points in (
            people, np.stack([SIZE - people[..., 0], people[..., 1]], axis=-1)
            [:, head.flip_indices]))
    heatmaps, tags = head.flip_merged(as_torch(maps), as_torch(mirrored))
    other_heatmaps, other_tags = head.flip_merged(
        as_torch(mirrored), as_torch(maps))
    flipped = other_heatmaps.flip(-1)[:, head.flip_indices]
    torch.testing.assert_close(flipped, heatmaps)
    swapped = [17 + k for k in head.flip_indices] + head.flip_indices
    torch.testing.assert_close(other_tags.flip(-1)[:, swapped], tags)

    def keypoints(*passes: tuple) -> np.ndarray:
        found, = head.predict(
            [as_torch(p) for p in passes],
            [DummySample(img_shape=(SIZE, SIZE))], dict(flip_test=True))
        return found.keypoints[np.argsort(found.keypoints[:, 0, 0])]

    straight, turned = keypoints(maps, mirrored), keypoints(mirrored, maps)
    turned = turned[::-1, head.flip_indices] * [-1, 1] + [SIZE, 0]
    np.testing.assert_allclose(straight, turned, atol=1e-4)


def test_flip_test_of_a_perfect_net_changes_nothing(head):
    maps = draw(random_people(np.random.default_rng(7), 2), np.array([0., 3.]))
    merged, _ = head.merged(as_torch(maps))
    heatmaps, tags = head.flip_merged(
        as_torch(maps), as_torch(mirror(maps, head.flip_indices)))
    torch.testing.assert_close(heatmaps, merged)
    torch.testing.assert_close(tags[:, :17], tags[:, 17:])


# ------------------------------------------------------------------- runtime


@pytest.mark.parametrize('width, height, expected', [
    (640, 480, (384, 256)), (480, 640, (256, 384)), (500, 500, (256, 256)),
    (427, 640, (256, 384)), (1000, 333, (832, 256)), (3, 1, (768, 256))])
def test_input_is_that_of_the_test_pipeline(cfg, width, height, expected):
    rng = np.random.default_rng(8)
    image = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    runtime = AERuntime.from_config(cfg)
    pipeline = Compose([
        TRANSFORMS.build(dict(t)) for t in cfg.test_dataloader.dataset.pipeline])
    preprocessor = MODELS.build(cfg.model.data_preprocessor)
    batch = preprocessor(pseudo_collate([pipeline(dict(img=image, img_id=0))]))
    blob, place = runtime.preprocess(image)
    assert runtime.input_size(width, height) == expected
    assert tuple(place.size) == expected
    np.testing.assert_allclose(blob, batch['inputs'].numpy(), atol=1e-5)
    meta = batch['data_samples'][0].metainfo
    points = rng.uniform(0, 256, (5, 2))
    expected_points = (points / meta['input_size'] * meta['input_scale']
                       + meta['input_center'] - 0.5 * meta['input_scale'])
    np.testing.assert_allclose(
        place.to_image(points), expected_points, atol=1e-4)


def test_runtime_gives_people_in_pixels_of_the_image(cfg):
    """Everything at twice the size of the input, which fills it."""
    runtime = AERuntime.from_config(cfg)
    people = random_people(np.random.default_rng(9), 2)
    maps = draw(2 * people, np.array([0., 3.]), size=2 * SIZE)
    _, place = runtime.preprocess(np.zeros((512, 512, 3), np.uint8))
    found = sorted(runtime.decode(maps, place), key=lambda p: p.box[0])
    for person, points in zip(found, people, strict=True):
        assert np.abs(person.keypoints - 4 * points).max() < 3
        assert person.score > 0.8
        assert {'keypoints', 'bbox', 'score'} <= person.to_coco().keys()


def test_runtime_imports_no_torch():
    code = ('import sys, projects.associative_embedding.runtime; '
            "assert not {'torch', 'mmengine', 'mmpose'} & set(sys.modules)")
    subprocess.run([sys.executable, '-c', code], cwd=ROOT, check=True)


# -------------------------------------------------------------------- tables


@pytest.mark.parametrize('project', make_tables.PROJECTS)
def test_tables_of_the_readme_are_those_of_the_results(project):
    text = (ROOT / 'projects' / project / 'README.md').read_text()
    assert make_tables.fill(text, project) == text
    for name in make_tables.TABLES:
        assert f'<!-- table {name} -->' in text
