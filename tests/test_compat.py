"""What the compat module mends is mended, and no more than that."""
from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from pickle import UnpicklingError
from types import ModuleType

import mmengine
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import HistoryBuffer
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import Dataset

from sasd_mmpose import InputError, compat


def forget(package: str) -> Iterator[None]:
    """Forget a package, and put back afterwards what there was."""

    def take_out() -> dict[str, ModuleType]:
        return {name: sys.modules.pop(name) for name in list(sys.modules)
                if name.split('.')[0] == package}

    kept = take_out()
    yield
    take_out()
    sys.modules.update(kept)


# --------------------------------------------------------------- torchvision


@pytest.fixture
def no_torchvision():
    yield from forget('torchvision')


def install_torchvision(root: Path, init: str) -> None:
    """Write a package named torchvision whose ``__init__`` is ``init``."""
    package = root / 'torchvision'
    package.mkdir()
    (package / '__init__.py').write_text(init)
    (package / 'extension.py').write_text('')
    (package / 'transforms.py').write_text('class ToPILImage: pass\n')


def test_working_torchvision_is_left_alone(no_torchvision, monkeypatch,
                                           tmp_path):
    install_torchvision(tmp_path, "__version__ = '9.9'\n")
    monkeypatch.syspath_prepend(tmp_path)
    compat.provide_torchvision()
    import torchvision
    assert torchvision.__version__ == '9.9'
    assert Path(torchvision.__file__).is_relative_to(tmp_path)


def test_failing_torchvision_is_replaced_whole(no_torchvision, monkeypatch,
                                               tmp_path):
    install_torchvision(
        tmp_path, 'from torchvision import extension\n'
        "raise RuntimeError('operator torchvision::nms does not exist')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.warns(UserWarning, match='nms does not exist'):
        compat.provide_torchvision()
    import torchvision
    assert torchvision.__version__ == compat.STAND_IN_VERSION
    # Nothing of the half-imported one is left.
    assert 'torchvision.extension' not in sys.modules


def test_missing_torchvision_gets_a_quiet_stand_in(no_torchvision,
                                                   monkeypatch):
    # None in sys.modules makes Python say: not found.
    monkeypatch.setattr(sys, 'path', [
        p for p in sys.path if not (Path(p) / 'torchvision').exists()])
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        compat.provide_torchvision()
        compat.provide_torchvision()
    import torchvision
    assert torchvision.__version__ == compat.STAND_IN_VERSION
    with pytest.raises(AttributeError, match='torchvision.models needs'):
        _ = torchvision.models
    with pytest.raises(ModuleNotFoundError):
        import torchvision.ops  # noqa: F401
    from mmengine.utils.dl_utils import collect_env
    assert collect_env()['TorchVision'] == compat.STAND_IN_VERSION


@pytest.mark.parametrize('channels, mode', [
    (None, 'L'), (1, 'L'), (2, 'LA'), (3, 'RGB'), (4, 'RGBA')])
def test_stand_in_makes_images(channels, mode):
    shape = (5, 7) if channels is None else (channels, 5, 7)
    tensor = torch.rand(shape)
    image = compat.ToPILImage()(tensor)
    assert (image.mode, image.size) == (mode, (7, 5))
    expected = (tensor.numpy() * 255).astype(np.uint8)
    if channels is not None:
        expected = np.moveaxis(expected, 0, -1)
    np.testing.assert_array_equal(
        np.asarray(image), expected.squeeze())
    again = compat.ToPILImage()(expected)
    np.testing.assert_array_equal(np.asarray(again), expected.squeeze())


@pytest.mark.parametrize('bad, error', [
    ([[1.0]], TypeError),
    (np.zeros((4, 4)), TypeError),
    (torch.zeros(5, 4, 4), ValueError),
    (torch.zeros(4), ValueError),
])
def test_stand_in_refuses_the_rest(bad, error):
    with pytest.raises(error):
        compat.ToPILImage()(bad)


# ---------------------------------------------------------------------- mmcv


@pytest.fixture
def no_mmcv():
    yield from forget('mmcv')


def install_mmcv(root: Path, ext: str | None) -> None:
    """Write a package named mmcv; ``ext`` is its ``_ext``, None for none."""
    package = root / 'mmcv'
    package.mkdir()
    (package / '__init__.py').write_text('')
    if ext is not None:
        (package / '_ext.py').write_text(ext)


def test_compiled_mmcv_is_left_alone(no_mmcv, monkeypatch, tmp_path):
    install_mmcv(tmp_path, 'def nms(*args): return "compiled"\n')
    monkeypatch.syspath_prepend(tmp_path)
    compat.provide_mmcv_ops()
    import mmcv._ext
    assert mmcv._ext.nms() == 'compiled'


@pytest.mark.parametrize('ext', [
    None, 'raise ImportError("undefined symbol: _ZN3c10")\n',
], ids=['missing', 'built-for-another-torch'])
def test_stand_in_for_compiled_operators(ext, no_mmcv, monkeypatch, tmp_path):
    install_mmcv(tmp_path, ext)
    monkeypatch.syspath_prepend(tmp_path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        compat.provide_mmcv_ops()
        compat.provide_mmcv_ops()
    # What is at odds is said once; what is only missing is not.
    assert ['undefined symbol' in str(w.message) for w in caught] == (
        [] if ext is None else [True])
    import mmcv
    from mmcv import _ext
    assert _ext is mmcv._ext and _ext.nms is compat.nms
    assert not hasattr(_ext, '__wrapped__')
    with pytest.raises(InputError, match="'roi_align_forward'"):
        _ext.roi_align_forward(torch.zeros(1))


def test_missing_mmcv_is_named(no_mmcv, monkeypatch):
    monkeypatch.setitem(sys.modules, 'mmcv', None)
    with pytest.raises(ModuleNotFoundError, match='mmcv'):
        compat.provide_mmcv_ops()


def plain_nms(boxes: np.ndarray, scores: np.ndarray, threshold: float,
              offset: int) -> list[int]:
    """Greedy suppression, box by box, in 32-bit floats."""
    kept = []
    for i in np.argsort(-scores, kind='stable'):
        for k in kept:
            width, height = (
                max(np.float32(0), min(boxes[i, axis + 2], boxes[k, axis + 2])
                    - max(boxes[i, axis], boxes[k, axis]) + np.float32(offset))
                for axis in (0, 1))
            shared = width * height
            area_i, area_k = (
                (boxes[j, 2] - boxes[j, 0] + np.float32(offset))
                * (boxes[j, 3] - boxes[j, 1] + np.float32(offset))
                for j in (i, k))
            if shared / (area_i + area_k - shared) > np.float32(threshold):
                break
        else:
            kept.append(int(i))
    return kept


@pytest.mark.parametrize('count, side, threshold, offset', [
    (0, 100, 0.65, 0), (1, 100, 0.65, 0), (60, 100, 0.65, 0),
    # more boxes than a block, of which few, half and most are kept
    (600, 10, 0.3, 0), (600, 100, 0.65, 1), (600, 1000, 0.65, 0),
])
def test_nms_keeps_what_a_greedy_loop_keeps(count, side, threshold, offset):
    rng = np.random.default_rng(count + side)
    centers = rng.random((count, 2), np.float32) * np.float32(side)
    sizes = 20 + 30 * rng.random((count, 2), np.float32)
    boxes = np.hstack([centers - sizes / 2, centers + sizes / 2])
    scores = rng.permutation(count).astype(np.float32)
    expected = plain_nms(boxes, scores, threshold, offset)
    kept = compat.nms(torch.from_numpy(boxes), torch.from_numpy(scores),
                      threshold, offset)
    assert kept.dtype == torch.int64 and kept.tolist() == expected
    if count == 600:
        assert count > compat.NMS_BLOCK and 0 < len(expected) < count


def test_nms_settles_chains_in_order():
    """Each box overlaps the next: every second one goes, however many."""
    left = torch.arange(300.) * 4
    boxes = torch.stack([left, left * 0, left + 10, left * 0 + 10], dim=1)
    kept = compat.nms(boxes, torch.arange(300., 0, -1), iou_threshold=0.4)
    assert kept.tolist() == list(range(0, 300, 2))


def test_boxes_without_area_stay():
    boxes = torch.tensor([[5., 5., 5., 5.], [5., 5., 5., 5.]])
    assert compat.nms(boxes, torch.tensor([0.4, 0.6]), 0.5).tolist() == [1, 0]


# --------------------------------------------------------------- checkpoints


class Numbers(Dataset):

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.full((2, ), float(index))


class Linear(BaseModel):

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(2, 1)

    def forward(self, *columns, mode: str) -> dict[str, torch.Tensor]:
        return dict(loss=self.linear(torch.stack(columns)).pow(2).mean())


def make_runner(work_dir: Path, name: str, epochs: int, **kwargs) -> Runner:
    return Runner(
        model=Linear(),
        work_dir=str(work_dir),
        experiment_name=name,
        train_dataloader=dict(
            batch_size=2, num_workers=0, dataset=Numbers(),
            sampler=dict(type='DefaultSampler', shuffle=True)),
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        optim_wrapper=dict(
            optimizer=dict(type='SGD', lr=0.01, momentum=0.9)),
        param_scheduler=dict(
            type='CosineAnnealingLR', T_max=4, by_epoch=True,
            convert_to_iter_based=True),
        custom_hooks=[dict(type='EMAHook')],
        default_hooks=dict(logger=dict(type='LoggerHook', interval=1)),
        randomness=dict(seed=0), **kwargs)


def test_mmengine_resumes_its_own_checkpoint(tmp_path):
    compat.allow_mmengine_checkpoints()
    first = make_runner(tmp_path, 'compat_first', epochs=2)
    first.train()
    second = make_runner(tmp_path, 'compat_second', epochs=3, resume=True)
    second.train()
    assert second.epoch == 3
    # The history of the first run came back with the checkpoint.
    history = second.message_hub.get_scalar('train/loss')
    assert len(history.data[0]) == 6
    assert np.isfinite(history.statistics('mean'))


def test_metainfo_and_every_number_load(tmp_path):
    compat.allow_mmengine_checkpoints()
    history = HistoryBuffer([1.0, 2.0], [1, 1])
    content = dict(
        history=history,
        sigmas=np.array([0.026, 0.025], dtype=np.float32),
        colours=np.arange(6).reshape(2, 3),
        mask=np.array([True, False]),
        names=np.array(['nose', 'left_eye']),
        no_bones=np.zeros((0, 2), int),
        best=np.float64(0.5),
        count=np.int64(3))
    torch.save(content, tmp_path / 'ok.pth')
    loaded = torch.load(tmp_path / 'ok.pth', weights_only=True)
    assert loaded['history'].statistics('max') == 2
    for key in ('sigmas', 'colours', 'mask', 'names', 'no_bones', 'best', 'count'):
        np.testing.assert_array_equal(loaded[key], content[key])


class Attack:
    """Pickles as a call of ``function(*args)``."""

    def __init__(self, function, *args) -> None:
        self.call = (function, args)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize('attack', [
    Attack(os.system, 'true'),
    Attack(eval, '1 + 1'),
    Attack(getattr, np.ndarray, 'tofile'),
    Attack(getattr, HistoryBuffer, '__init__'),
    Attack(getattr, HistoryBuffer, 'register_statistics'),
], ids=['system', 'eval', 'getattr-array', 'getattr-init',
        'getattr-register'])
def test_malicious_checkpoints_are_refused(tmp_path, attack):
    compat.allow_mmengine_checkpoints()
    torch.save(dict(meta=attack), tmp_path / 'bad.pth')
    with pytest.raises((UnpicklingError, TypeError)):
        torch.load(tmp_path / 'bad.pth', weights_only=True)


@pytest.mark.slow
def test_apply_is_enough_to_import_mmpose():
    """In a fresh process, twice, with nothing else set."""
    code = ('from sasd_mmpose.compat import mend_mmpose as mend; mend(); mend(); '
            'import mmpose.visualization, mmpose.models; print("fine")')
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code], text=True,
        capture_output=True, check=False)
    assert done.stdout.strip() == 'fine', done.stderr


# ------------------------------------------------------------------ mmdeploy


def wrapped() -> None:
    """A function that is registered with torch.fx.wrap in the tests."""


def rewritten() -> int:
    return 1


def test_fx_table_reads_and_writes_as_a_list():
    table = {(id(globals()), 'wrapped'): globals()}
    view = compat._FxWrappedFunctions(table)
    assert list(view) == [(globals(), 'wrapped')]
    other = dict(name='other')
    view.append((other, 'f'))
    assert len(view) == 2 and table[id(other), 'f'] is other
    assert view.pop(-1) == (other, 'f')
    assert list(table) == [(id(globals()), 'wrapped')]


@pytest.mark.slow
def test_mmdeploy_rewriter_survives_wraps_made_inside_it(monkeypatch):
    """What torch.fx wraps within the context is unwrapped on leaving it."""
    pytest.importorskip('mmdeploy')
    from mmdeploy.core import FUNCTION_REWRITER, RewriterContext
    from torch.fx import _symbolic_trace
    compat.mend_mmdeploy()
    compat.mend_mmdeploy()
    table = _symbolic_trace._wrapped_fns_to_patch
    before = dict(table)
    registry = FUNCTION_REWRITER._registry
    monkeypatch.setattr(registry, '_rewrite_records',
                        dict(registry._rewrite_records))
    name = f'{__name__}.wrapped'
    FUNCTION_REWRITER.register_rewriter(name)(lambda: rewritten())
    with RewriterContext({}, backend='ncnn'):
        assert sys.modules[__name__].wrapped() == 1
        exec('import torch\ndef inside(): pass\ntorch.fx.wrap("inside")',
             dict(__name__='elsewhere'))
        # What the context itself imports may wrap more.
        assert 'inside' in {name for _, name in table.keys() - before.keys()}
    assert sys.modules[__name__].wrapped() is None
    assert table == before


@pytest.mark.slow
@pytest.mark.filterwarnings('ignore:You are using the legacy TorchScript')
@pytest.mark.filterwarnings('ignore:The feature will be removed')
@pytest.mark.filterwarnings('ignore::torch.jit.TracerWarning')
def test_mmdeploy_exports_with_its_own_operators(tmp_path):
    """Its rewrites reach the exporter: ncnn's pooling replaces torch's."""
    onnx = pytest.importorskip('onnx')
    pytest.importorskip('mmdeploy')
    from mmdeploy.apis.onnx import export
    compat.mend_mmdeploy()
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4),
        torch.nn.AdaptiveAvgPool2d(1)).eval()
    exporter = torch.onnx.export
    export(net, torch.rand(1, 3, 8, 8), str(tmp_path / 'net'), backend='ncnn',
           input_names=['input'], output_names=['output'], opset_version=11)
    assert torch.onnx.export is exporter
    nodes = onnx.load(tmp_path / 'net.onnx').graph.node
    pooling = [node for node in nodes if node.op_type == 'AdaptiveAvgPool2d']
    assert [node.domain for node in pooling] == ['mmdeploy']


# ------------------------------------------------------------------- configs


@pytest.fixture
def laid_out(monkeypatch) -> list[str]:
    """The texts that yapf, which only keeps them here, is asked to lay out."""
    texts = []

    def keep(text: str, **kwargs) -> tuple[str, bool]:
        texts.append(text)
        return text, False

    monkeypatch.setattr(mmengine.config.config, 'FormatCode', keep)
    compat.format_configs_once()
    # Once is enough.
    compat.format_configs_once()
    return texts


def test_a_long_config_is_written_at_once_and_read_back(laid_out):
    """The metainfo of 133 keypoints in it made each start take minutes."""
    keypoints = {i: dict(name=f'k{i}', id=i, color=[255, 0, i], swap='')
                 for i in range(133)}
    config = Config(dict(
        metainfo=[dict(keypoint_info=keypoints, sigmas=[.5] * 133)] * 4,
        name="it's", nested=dict(pair=(1, 'a'), nothing=None)))
    text = config.pretty_text
    assert len(text) > compat.MAX_FORMATTED and not laid_out
    assert (Config.fromstring(text, '.py')._cfg_dict.to_dict()
            == config._cfg_dict.to_dict())


def test_a_short_config_is_laid_out(laid_out):
    text = Config(dict(values=list(range(40)))).pretty_text
    assert laid_out == [text]


def test_a_config_is_laid_out_once(laid_out):
    def write(value: int) -> str:
        return Config(dict(value=value)).pretty_text

    for value in (*range(compat.MAX_KEPT), 0):
        assert write(value) == f'value={value}'
    assert len(laid_out) == compat.MAX_KEPT
    write(-1)  # one too many: begins anew
    write(0)
    assert len(laid_out) == compat.MAX_KEPT + 2
