"""Images in, persons out: the estimator on every runtime."""
from __future__ import annotations

import json
import os
import sys

import cv2
import numpy as np
import pytest
import torch
from descriptions import DESCRIPTION
from mmengine.structures import InstanceData
from small_nets import CONFIGS, SMALL, build, model_cfg
from videos import write_video

from sasd_mmpose import InputError, Person, PoseEstimator, PoseResult, PoseSmoother
from sasd_mmpose.engine.checkpoints import prune_checkpoint, read_checkpoint
from sasd_mmpose.inference import estimator as estimator_module
from sasd_mmpose.inference.letterbox import Letterbox
from sasd_mmpose.inference.model_zoo import published_models
from sasd_mmpose.inference.runtimes.nets import BACKENDS
from sasd_mmpose.inference.runtimes.pytorch import TorchRuntime

CONFIG = CONFIGS / f'{SMALL}.py'


def random_image(height: int, width: int, channels: int = 3) -> np.ndarray:
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
def runtime(checkpoint):
    return TorchRuntime(CONFIG, checkpoint, 'cpu', size=64, score_thr=0.0)


def place_person(monkeypatch, runtime: TorchRuntime, box, points) -> None:
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

    monkeypatch.setattr(type(runtime.model.head), 'predict_by_maps', found)


# ------------------------------------------------------------- runtime: torch


def test_the_net_is_the_deployed_one(runtime):
    names = runtime.model.state_dict()
    assert not any(name.startswith(('aux_level.', 'twin.')) for name in names)
    assert runtime.model.head.criterion is None
    assert not runtime.model.training


def test_coordinates_are_those_of_the_image(monkeypatch, runtime):
    """A letterbox: the long side of 128 fills the 64 of the input."""
    points = np.tile([[32.0, 32.0], [0.0, 16.0]], (9, 1))[:17]
    place_person(monkeypatch, runtime, (16, 24, 48, 40), points)
    (person, ), = runtime.find_persons([random_image(64, 128)])
    np.testing.assert_allclose(person.keypoints[:2], [[64, 32], [0, 0]])
    np.testing.assert_allclose(person.box, [32, 16, 96, 48])
    assert person.to_coco() == dict(
        category_id=1, bbox=[32.0, 16.0, 64.0, 32.0], score=0.75,
        keypoints=person.to_coco()['keypoints'])
    assert person.to_coco()['keypoints'][:6] == [64, 32, 0.5, 0, 0, 0.5]


def test_batch_equals_single_images(runtime):
    images = [random_image(40, 70), random_image(90, 30), random_image(64, 64)]
    together = runtime.find_persons(images)
    for image, persons in zip(images, together, strict=True):
        alone, = runtime.find_persons([image])
        assert len(alone) == len(persons) > 0
        np.testing.assert_allclose(
            [p.score for p in alone], [p.score for p in persons], rtol=1e-4)
    assert runtime.find_persons([]) == []


@pytest.mark.parametrize('image', [
    random_image(30, 40, 1)[..., 0], random_image(30, 40, 4), random_image(30, 1),
    random_image(1, 30), random_image(20, 10_000),
    random_image(30, 40).astype(np.uint16) * 257
], ids=['grey', 'alpha', 'thin', 'flat', 'wide', '16 bits'])
def test_any_image(runtime, image):
    persons, = runtime.find_persons([image])
    assert len(persons) <= 100
    assert all(np.isfinite(p.keypoints).all() for p in persons)


def test_options(checkpoint):
    runtime = TorchRuntime(CONFIG, checkpoint, size=96, flip_test=True,
                           score_thr=1.1)
    assert runtime.model.test_cfg.flip_test
    assert runtime.pipeline.transforms[1].input_size == (96, 96)
    assert runtime.find_persons([random_image(50, 50)]) == [[]]


def test_pruned_checkpoint_predicts_the_same(checkpoint, runtime, tmp_path):
    pruned = tmp_path / 'new' / 'pruned.pth'
    weights = prune_checkpoint(checkpoint, pruned)
    assert set(weights) == set(runtime.model.state_dict())
    assert set(torch.load(pruned, weights_only=True)) == {'meta', 'state_dict'}
    image = random_image(50, 60)
    other = TorchRuntime(CONFIG, pruned, 'cpu', size=64, score_thr=0.0)
    for a, b in zip(*runtime.find_persons([image]),
                    *other.find_persons([image]), strict=True):
        assert (a.keypoints == b.keypoints).all() and a.score == b.score


def test_half_precision_keeps_what_is_large(checkpoint, tmp_path):
    weights = prune_checkpoint(checkpoint, tmp_path / 'half.pth', half=True)
    kinds = {w.dtype for n, w in weights.items() if n.endswith('conv.weight')}
    assert kinds == {torch.float16}
    assert weights['backbone.conv1.bn.running_var'].dtype == torch.float32
    TorchRuntime(CONFIG, tmp_path / 'half.pth', 'cpu', size=64)


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
        TorchRuntime(CONFIG, tmp_path / 'none.pth')
    with pytest.raises(InputError, match='no such config file'):
        TorchRuntime(tmp_path / 'none.py', checkpoint)
    with pytest.raises(InputError, match='multiples of the largest stride'):
        TorchRuntime(CONFIG, checkpoint, size=100)
    with pytest.raises(InputError, match="device 'tpu9'"):
        TorchRuntime(CONFIG, checkpoint, 'tpu9')
    with pytest.raises(InputError, match='called sasd_xs_coco_mini'):
        TorchRuntime(CONFIGS / 'sasd_e_coco.py', checkpoint)
    (tmp_path / 'file').write_text('')
    with pytest.raises(InputError, match='cannot be written'):
        prune_checkpoint(checkpoint, tmp_path / 'file' / 'pruned.pth')


# ------------------------------------------------------------------ estimator


@pytest.fixture(scope='module')
def estimator(checkpoint) -> PoseEstimator:
    return PoseEstimator(config=CONFIG, checkpoint=checkpoint, device='cpu', size=64,
                         score_thr=0.01)


@pytest.fixture
def photographs(tmp_path):
    """A folder with two images and a broken one."""
    folder = tmp_path / 'in'
    folder.mkdir()
    for name in 'a.png', 'c.png':
        cv2.imwrite(str(folder / name), random_image(48, 64))
    (folder / 'b.png').write_bytes(b'broken')
    return folder


def scores(people: PoseResult) -> list[float]:
    return [person.score for person in people]


def test_stages_of_torch_give_what_the_whole_gives(runtime):
    image = random_image(50, 70)
    blob, place = runtime.preprocess(image)
    assert blob.shape == (1, 3, 64, 64) and blob.dtype == np.float32
    found = runtime.decode(runtime.net(blob), place)
    expected, = runtime.find_persons([image])
    assert len(found) == len(expected) > 0
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a.keypoints, b.keypoints, atol=1e-3)
    larger = runtime.at_size((96, 128))
    assert larger.preprocess(image)[0].shape == (1, 3, 128, 96)
    assert runtime.size == (64, 64)


def test_one_image_gives_one_result(estimator, photographs):
    path = photographs / 'a.png'
    people = estimator(path)
    assert isinstance(people, PoseResult) and len(people) > 0
    assert isinstance(people[0], Person) and people[:1] == [people[0]]
    assert people.size == (64, 48) and people.frame.name == dict(file_name='a.png')
    assert scores(people) == sorted(scores(people), reverse=True)
    again = estimator(cv2.imread(str(path)))
    assert scores(again) == scores(people) == scores(estimator.predict(str(path)))
    assert again.frame.name == {}


def test_several_images_give_a_list(estimator, photographs):
    paths = [photographs / 'a.png', photographs / 'c.png']
    one, two = estimator(paths)
    assert scores(one) == pytest.approx(scores(estimator(paths[0])), rel=1e-4)
    assert scores(two) == pytest.approx(scores(estimator(paths[1])), rel=1e-4)
    assert one.frame.image is None and one.draw().shape == (48, 64, 3)
    assert [r.frame.image_id for r in (one, two)] == [1, 2]
    with pytest.raises(InputError, match='b.png: not a whole'):
        estimator([*paths, photographs / 'b.png'])
    assert estimator([]) == []


@pytest.mark.parametrize('batch_size', [1, 2])
def test_a_stream_goes_on_after_what_cannot_be_read(
        estimator, photographs, batch_size):
    results = list(estimator.stream(photographs, batch_size))
    assert [len(r) > 0 for r in results] == [True, False, True]
    assert 'b.png' in results[1].problem and results[0].problem is None
    assert [scores(r) for r in estimator(photographs)] == [
        pytest.approx(scores(r), rel=1e-4) for r in results]
    odd = [random_image(48, 64), None, np.full((4, 5), 7.0), random_image(48, 64)]
    results = list(estimator.stream(iter(odd), batch_size))
    assert [len(r) > 0 for r in results] == [True, False, False, True]
    assert 'got NoneType' in results[1].problem


def test_a_video_gives_its_frames(estimator, tmp_path):
    write_video(tmp_path / 'clip.mp4')
    results = estimator(tmp_path / 'clip.mp4')
    assert [r.frame.name for r in results] == [dict(frame=i) for i in range(5)]
    with pytest.raises(InputError, match='the image is gone'):
        results[0].draw()


def test_results_as_plain_values(estimator, photographs):
    people = estimator(photographs / 'a.png')
    record = people.to_coco()[0]
    assert list(record) == ['image_id', 'file_name', 'category_id', 'keypoints',
                            'bbox', 'score']
    content = json.loads(json.dumps(people.to_dict()))
    assert content['width'] == 64 and content['file_name'] == 'a.png'
    first = content['persons'][0]
    assert list(first['keypoints']) == list(estimator.keypoint_names)
    x, y, score = first['keypoints']['left_eye']
    np.testing.assert_allclose([x, y], people[0].keypoints[1])
    assert record['keypoints'][3:6] == pytest.approx([x, y, score], abs=1e-3)
    image = cv2.imread(str(photographs / 'a.png'))
    drawn = people.draw(keypoint_thr=0)
    assert drawn.shape == image.shape and (drawn != image).any()
    np.testing.assert_array_equal(drawn, people.draw(image, keypoint_thr=0))


@pytest.mark.parametrize('image, message', [
    (None, 'got NoneType; cv2.imread returns None'),
    (7, 'camera 7: cannot be opened'),
    (1.5, 'float is neither an image'),
    (True, 'bool is neither an image'),
    ('none.jpg', 'none.jpg: no such'),
    ('none', 'none: no such image, folder or video'),
    (np.zeros((0, 4)), 'is no '),
    (np.zeros((4, 4, 2), np.uint8), 'is no '),
    (np.array(5), 'is no '),
    (np.zeros((4, 4), np.int64), 'is no '),
    (np.full((4, 4), 200.0), 'floats from 200 to 200'),
    (np.full((4, 4), np.nan), 'floats from nan'),
    ([None], 'got NoneType'),
])
def test_what_is_no_image_is_one_line(estimator, image, message):
    with pytest.raises(InputError, match=message) as error:
        estimator(image)
    assert '\n' not in str(error.value)


def test_floats_are_taken_as_shares_of_white(estimator):
    image = random_image(48, 64)
    assert scores(estimator(image / 255)) == scores(estimator(image))


def test_long_images_are_shrunk_first():
    """OpenCV's warp counts in 16 bits; what is shrunk first looks alike."""
    spec = DESCRIPTION.input
    letterbox = Letterbox(spec, (spec.width, spec.height))
    row = np.linspace(0, 255, 40_000).astype(np.uint8)
    image = np.ascontiguousarray(
        np.broadcast_to(row[None, :, None], (600, 40_000, 3)))
    blob, place = letterbox(image)
    smaller, _ = letterbox(np.ascontiguousarray(image[::2, ::2]))
    np.testing.assert_allclose(blob, smaller, atol=0.02)
    np.testing.assert_allclose(
        place.to_image(np.array([spec.width, spec.height / 2])), (40_000, 300))


@pytest.mark.parametrize('arguments, message', [
    (dict(threads=-3), 'threads=-3: must be a whole number'),
    (dict(threads=0), 'threads=0'),
    (dict(threads=2.5), 'threads=2.5'),
    (dict(threads='2'), "threads='2'"),
    (dict(score_thr=2), 'score_thr=2: must be a number from 0 to 1'),
    (dict(score_thr=float('nan')), 'score_thr=nan'),
    (dict(size=0), 'size=0'), (dict(size='a'), "size='a'"),
    (dict(size=(64, 64, 64)), 'give one side'), (dict(size=True), 'size=True'),
    (dict(size=64), 'export it with a dynamic'),
    (dict(runtime='abacus'), "runtime 'abacus': not known"),
    (dict(runtime='ncnn', flip_test=True), 'flip_test: not with'),
    (dict(runtime='ncnn', device='cpu'), 'device: not with'),
    (dict(runtime='torch', threads=2), 'threads: not with torch'),
    (dict(config='a.py'), 'give both'),
    (dict(model='a', config='a.py', checkpoint='b'), 'not both'),
    (dict(model='nothing'), 'nothing: neither a published model'),
])
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message) as error:
        PoseEstimator(**arguments)
    assert '\n' not in str(error.value)


def test_published_net_by_name_and_folder_on_every_runtime():
    model = published_models()[0]
    default = PoseEstimator()
    assert default.runtime.name == 'ncnn' and len(default.keypoint_names) == 17
    assert PoseEstimator(model.name, runtime='onnxruntime').size == default.size
    assert PoseEstimator(model.folder, runtime='openvino').size == default.size
    assert PoseEstimator(model.folder / 'onnx').runtime.name == 'onnxruntime'
    with pytest.raises(InputError, match='exported, so torch cannot run it'):
        PoseEstimator(model.folder / 'onnx', runtime='torch')
    with pytest.raises(InputError, match='made for onnxruntime, which ncnn'):
        PoseEstimator(model.folder / 'onnx', runtime='ncnn')
    torch_runtime = PoseEstimator(flip_test=True, device='cpu', size=64).runtime
    assert torch_runtime.name == 'torch' and torch_runtime.size == (64, 64)


def test_default_runtime_is_the_first_that_is_installed(monkeypatch):
    there = set(BACKENDS)
    monkeypatch.setattr(estimator_module, 'find_spec', lambda name: name in there)
    assert PoseEstimator().runtime.name == 'ncnn'
    there.remove('ncnn')
    assert PoseEstimator().runtime.name == 'onnxruntime'
    there.remove('onnxruntime')
    assert PoseEstimator().runtime.name == 'openvino'
    there.clear()
    with pytest.raises(InputError, match='no runtime is installed: pip install ncnn'):
        PoseEstimator()
    monkeypatch.setitem(sys.modules, 'sasd_mmpose.inference.runtimes.pytorch', None)
    with pytest.raises(InputError, match='the runtime torch needs torch'):
        PoseEstimator(runtime='torch')


def test_tracking_a_video(monkeypatch, runtime, tmp_path):
    """One person who stands still; the video is of one frame, or of five."""
    place_person(monkeypatch, runtime, (16, 24, 48, 40),
                 np.full((17, 2), 32.0))
    estimator = PoseEstimator.__new__(PoseEstimator)
    estimator.runtime = runtime
    for frames in 1, 5:
        write_video(tmp_path / 'clip.mp4', frames)
        results = list(estimator.track(tmp_path / 'clip.mp4',
                                       smoother=PoseSmoother()))
        assert [[p.identity for p in r] for r in results] == [[1]] * frames
    # Images count as frames, too.
    assert [[p.identity for p in r] for r in estimator.track(
        [random_image(40, 50)] * 3)] == [[1]] * 3
