"""Predicting: the deployed net, pictures of any kind, and files on disk."""
from __future__ import annotations

import json
import os

import cv2
import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from small_nets import CONFIGS, SMALL, build, model_cfg

from sasd_mmpose import InputError
from sasd_mmpose.engine.checkpoints import prune_checkpoint, read_checkpoint
from sasd_mmpose.inference import sources as sources_module
from sasd_mmpose.inference.person import Person
from sasd_mmpose.inference.prediction_writer import JsonList, PredictionWriter
from sasd_mmpose.inference.sources import open_source
from sasd_mmpose.inference.torch_predictor import Predictor
from sasd_mmpose.visualization.pose_drawer import PoseDrawer

CONFIG = CONFIGS / f'{SMALL}.py'


def picture(height: int, width: int, channels: int = 3) -> np.ndarray:
    return np.random.randint(0, 256, (height, width, channels), np.uint8)


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    """What training writes: an un-pruned net, with its optimizer."""
    path = tmp_path_factory.mktemp('weights') / 'epoch_1.pth'
    model = build(model_cfg())
    torch.save(
        dict(state_dict=model.state_dict(), optimizer=dict(a=torch.zeros(9)),
             meta=dict(epoch=1, cfg='model = 1', hook_msgs=dict(last='x'),
                       experiment_name='sasd_xs_coco_mini_20250101_000000')),
        path)
    return path


@pytest.fixture(scope='module')
def predictor(checkpoint):
    return Predictor(CONFIG, checkpoint, 'cpu', size=64, score_thr=0.0)


def place_person(monkeypatch, predictor: Predictor, box, points) -> None:
    """Let the net find one person, in pixels of its input."""
    def found(self, passes, anchors, strides, test_cfg):
        return [
            InstanceData(
                bboxes=np.array([box], np.float32),
                bbox_scores=np.array([0.75], np.float32),
                keypoints=np.array([points], np.float32),
                keypoint_scores=np.full((1, len(points)), 0.5, np.float32))
            for _ in range(len(passes[0][0]))
        ]

    monkeypatch.setattr(type(predictor.model.head), 'predict_by_maps', found)


# ------------------------------------------------------------------ predictor


def test_the_net_is_the_deployed_one(predictor):
    names = predictor.model.state_dict()
    assert not any(name.startswith(('aux_level.', 'twin.')) for name in names)
    assert predictor.model.head.criterion is None
    assert not predictor.model.training


def test_coordinates_are_those_of_the_picture(monkeypatch, predictor):
    """A letterbox: the long side of 128 fills the 64 of the input."""
    points = np.tile([[32.0, 32.0], [0.0, 16.0]], (9, 1))[:17]
    place_person(monkeypatch, predictor, (16, 24, 48, 40), points)
    (person, ), = predictor([picture(64, 128)])
    np.testing.assert_allclose(person.keypoints[:2], [[64, 32], [0, 0]])
    np.testing.assert_allclose(person.box, [32, 16, 96, 48])
    assert person.to_coco() == dict(
        category_id=1, bbox=[32.0, 16.0, 64.0, 32.0], score=0.75,
        keypoints=person.to_coco()['keypoints'])
    assert person.to_coco()['keypoints'][:6] == [64, 32, 0.5, 0, 0, 0.5]


def test_batch_equals_single_pictures(predictor):
    images = [picture(40, 70), picture(90, 30), picture(64, 64)]
    together = predictor(images)
    for image, persons in zip(images, together, strict=True):
        alone, = predictor([image])
        assert len(alone) == len(persons) > 0
        np.testing.assert_allclose(
            [p.score for p in alone], [p.score for p in persons], rtol=1e-4)
    assert predictor([]) == []


@pytest.mark.parametrize('image', [
    picture(30, 40, 1)[..., 0], picture(30, 40, 4), picture(30, 1),
    picture(1, 30), picture(20, 10_000),
    picture(30, 40).astype(np.uint16) * 257
], ids=['grey', 'alpha', 'thin', 'flat', 'wide', '16 bits'])
def test_any_picture(predictor, image):
    persons, = predictor([image])
    assert len(persons) <= 100
    assert all(np.isfinite(p.keypoints).all() for p in persons)


def test_options(checkpoint):
    predictor = Predictor(CONFIG, checkpoint, size=96, flip_test=True,
                          score_thr=1.1)
    assert predictor.model.test_cfg.flip_test
    assert predictor.pipeline.transforms[1].input_size == (96, 96)
    assert predictor([picture(50, 50)]) == [[]]


def test_pruned_checkpoint_predicts_the_same(checkpoint, predictor, tmp_path):
    pruned = tmp_path / 'new' / 'pruned.pth'
    weights = prune_checkpoint(checkpoint, pruned)
    assert set(weights) == set(predictor.model.state_dict())
    assert set(torch.load(pruned, weights_only=True)) == {'meta', 'state_dict'}
    image = picture(50, 60)
    other = Predictor(CONFIG, pruned, 'cpu', size=64, score_thr=0.0)
    for a, b in zip(*predictor([image]), *other([image]), strict=True):
        assert (a.keypoints == b.keypoints).all() and a.score == b.score


def test_half_precision_keeps_what_is_large(checkpoint, tmp_path):
    weights = prune_checkpoint(checkpoint, tmp_path / 'half.pth', half=True)
    kinds = {w.dtype for n, w in weights.items() if n.endswith('conv.weight')}
    assert kinds == {torch.float16}
    assert weights['backbone.conv1.bn.running_var'].dtype == torch.float32
    Predictor(CONFIG, tmp_path / 'half.pth', 'cpu', size=64)


def test_pruning_keeps_the_meta_that_tells_where_it_comes_from(
        checkpoint, tmp_path):
    prune_checkpoint(checkpoint, tmp_path / 'pruned.pth')
    meta = read_checkpoint(tmp_path / 'pruned.pth')['meta']
    assert set(meta) == {'epoch', 'cfg', 'experiment_name'}


class Evil:
    """Would run a command when it is unpickled."""

    def __reduce__(self):
        return os.system, ('touch evil', )


@pytest.mark.parametrize('content, message', [
    (b'not a checkpoint', 'not a checkpoint that can be loaded safely'),
    (b'', 'not a checkpoint that can be loaded safely'),
    ([1, 2], 'no weights in it'),
    (dict(state_dict={}), 'no weights in it'),
    (dict(meta={}), 'no weights in it'),
    (dict(state_dict=dict(a=Evil())), 'loaded safely'),
])
def test_bad_checkpoint(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / 'bad.pth'
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(InputError, match=message) as caught:
        read_checkpoint(path)
    assert str(path) in str(caught.value) and '\n' not in str(caught.value)
    assert not (tmp_path / 'evil').exists()


def test_bad_input(checkpoint, tmp_path):
    with pytest.raises(InputError, match='no such checkpoint file'):
        Predictor(CONFIG, tmp_path / 'none.pth')
    with pytest.raises(InputError, match='no such config file'):
        Predictor(tmp_path / 'none.py', checkpoint)
    with pytest.raises(InputError, match='multiple of the largest stride'):
        Predictor(CONFIG, checkpoint, size=100)
    with pytest.raises(InputError, match="device 'tpu9'"):
        Predictor(CONFIG, checkpoint, 'tpu9')
    with pytest.raises(InputError, match='called sasd_xs_coco_mini'):
        Predictor(CONFIGS / 'sasd_e_coco.py', checkpoint)
    (tmp_path / 'file').write_text('')
    with pytest.raises(InputError, match='cannot be written'):
        prune_checkpoint(checkpoint, tmp_path / 'file' / 'pruned.pth')


# -------------------------------------------------------------------- sources


def write_video(path, frames: int = 5, size: tuple[int, int] = (101, 75),
                fps: float = 12) -> None:
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*'mp4v'), fps, size)
    for shade in range(frames):
        writer.write(np.full((*size[::-1], 3), 40 * shade, np.uint8))
    writer.release()


def test_folder(tmp_path):
    for name in ('b.png', 'a.JPG', 'notes.txt'):
        (tmp_path / name).write_bytes(b'broken')
    cv2.imwrite(str(tmp_path / 'c.png'), picture(5, 6))
    frames = list(open_source(str(tmp_path)))
    assert [f.name['file_name'] for f in frames] == ['a.JPG', 'b.png', 'c.png']
    assert [f.image_id for f in frames] == [1, 2, 3]
    assert frames[0].image is None and 'a.JPG' in frames[0].problem
    assert frames[2].image.shape == (5, 6, 3)


def test_names_that_are_numbers_are_ids(tmp_path):
    for name in ('000000000139.jpg', '000000000785.jpg'):
        (tmp_path / name).write_bytes(b'')
    assert [f.image_id for f in open_source(str(tmp_path))] == [139, 785]


def test_video(tmp_path):
    write_video(tmp_path / 'clip.mp4')
    source = open_source(str(tmp_path / 'clip.mp4'))
    assert source.fps == pytest.approx(12) and source.total == 5
    frames = list(source)
    assert [f.name for f in frames] == [dict(frame=i) for i in range(5)]
    assert frames[3].seconds == pytest.approx(0.25)
    assert abs(int(frames[3].image.mean()) - 120) < 4


class FakeCamera:
    """Gives four frames, then fails, as one that is unplugged."""

    def __init__(self, number):
        self.number, self.left = number, 4

    def isOpened(self):
        return self.number == 0

    def get(self, key):
        return 0.0

    def read(self):
        self.left -= 1
        return self.left >= 0, picture(20, 30)

    def release(self):
        pass


@pytest.mark.parametrize('name', ['0', 'cam0'])
def test_camera(monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sources_module.cv2, 'VideoCapture', FakeCamera)
    source = open_source(name)
    assert source.endless and source.total is None and source.fps == 30
    assert len(list(source)) == 4
    with pytest.raises(InputError, match='camera 7: cannot be opened'):
        open_source('cam7')


def test_bad_sources(tmp_path):
    with pytest.raises(InputError, match='no pictures in this folder'):
        open_source(str(tmp_path))
    with pytest.raises(InputError, match='no such picture, folder or video'):
        open_source(str(tmp_path / 'none.jpg'))
    (tmp_path / 'text.txt').write_text('hello')
    with pytest.raises(InputError, match='neither a picture nor a video'):
        open_source(str(tmp_path / 'text.txt'))


# --------------------------------------------------------------------- writer


def test_json_list_is_whole_after_each_addition(tmp_path):
    path = tmp_path / 'list.json'
    writer = JsonList(path)
    written = []
    for records in ([], [dict(a=1)], [], [dict(b='ä'), dict(c=[1, 2])]):
        writer.extend(records)
        written += records
        assert json.loads(path.read_text()) == written
    writer.close()
    assert json.loads(path.read_text()) == written


def make_person(metainfo) -> Person:
    number = metainfo['num_keypoints']
    return Person(np.array([2.0, 3, 20, 30]), 0.5,
                  np.full((number, 2), 9.0), np.ones(number))


def test_writer_for_a_folder(predictor, tmp_path):
    pictures = tmp_path / 'in'
    pictures.mkdir()
    cv2.imwrite(str(pictures / 'a.png'), picture(40, 50))
    (pictures / 'b.png').write_bytes(b'')
    source = open_source(str(pictures))
    out = tmp_path / 'out'
    with PredictionWriter(out, PoseDrawer(predictor.metainfo), source) as writer:
        for frame in source:
            if frame.image is None:
                writer.add_problem(frame)
            else:
                writer.add(frame, [make_person(predictor.metainfo)] * 2)
    records = json.loads((out / 'predictions.json').read_text())
    assert [r['image_id'] for r in records] == [1, 1]
    assert records[0]['file_name'] == 'a.png' and len(records[0]) == 6
    images = json.loads((out / 'images.json').read_text())
    assert images[0] == dict(id=1, file_name='a.png', width=50, height=40)
    assert 'b.png' in images[1]['problem']
    assert cv2.imread(str(out / 'drawn' / 'a.png')).shape == (40, 50, 3)
    assert (writer.num_images, writer.num_persons) == (1, 2)
    assert len(writer.problems) == 1


def test_slow_frames_stand_longer(predictor, tmp_path, monkeypatch):
    """A camera of 30 frames a second that gave two frames in half a second."""
    monkeypatch.setattr(sources_module.cv2, 'VideoCapture', FakeCamera)
    source = open_source('cam0')
    frames = [f for f, _ in zip(source, range(2), strict=False)]
    frames = [f._replace(seconds=s) for f, s in zip(frames, (0, 0.5), strict=True)]
    drawer = PoseDrawer(predictor.metainfo)
    with PredictionWriter(tmp_path, drawer, source) as writer:
        for frame in frames:
            writer.add(frame, [])
    monkeypatch.undo()
    assert len(list(open_source(str(tmp_path / 'drawn.mp4')))) == 16


def test_writer_bad_folders(predictor, tmp_path):
    drawer = PoseDrawer(predictor.metainfo)
    pictures = tmp_path / 'out' / 'drawn'
    pictures.mkdir(parents=True)
    cv2.imwrite(str(pictures / 'a.png'), picture(4, 4))
    source = open_source(str(pictures))
    with pytest.raises(InputError, match='would be overwritten'):
        PredictionWriter(tmp_path / 'out', drawer, source)
    (tmp_path / 'file').write_text('')
    with pytest.raises(InputError, match='cannot be written'):
        PredictionWriter(tmp_path / 'file' / 'out', drawer, source)
