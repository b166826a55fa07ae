"""What is exported computes what torch computes, and is whole or not there."""
from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from lively import set_lively, write_lively
from make_golden import GOLDEN, SIZE, STEP, golden_checkpoint
from mmpose.registry import MODELS
from small_nets import CONFIGS, build, model_cfg
from tool_loader import command, sasd

pytest.importorskip('mmdeploy')

# ruff: noqa: E402
from sasd_mmpose import InputError, Person
from sasd_mmpose.deploy import pnnx
from sasd_mmpose.deploy.export import export_model, relative_error
from sasd_mmpose.images import read_image
from sasd_mmpose.inference.model_description import MODEL_FILES, ModelDescription
from sasd_mmpose.inference.runtimes.base import Runtime
from sasd_mmpose.inference.runtimes.exported import ExportedRuntime
from sasd_mmpose.inference.runtimes.pytorch import TorchRuntime, persons_of

XS, E, S = 'sasd_xs_coco_mini', 'sasd_e_coco', 'sasd_s_coco'
DEPLOY = CONFIGS / 'deploy'
# All layers that any of the nets may have: plain ones of ncnn's core.
NCNN_LAYERS = {
    'Input', 'Convolution', 'ConvolutionDepthWise', 'Concat', 'Interp', 'Pooling',
    'Slice', 'Split', 'Swish', 'Sigmoid', 'BinaryOp'}
PARAMS = {XS: 1.600e6, E: 2.375e6, S: 6.475e6}


@pytest.fixture(scope='session')
def golden():
    return np.load(GOLDEN)


@pytest.fixture(scope='session')
def image_file(golden, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp('image') / 'people.png'
    cv2.imwrite(str(path), golden['image'])
    return path


@pytest.fixture(scope='session')
def checkpoints(tmp_path_factory, golden) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp('weights')
    return {name: golden_checkpoint(folder / f'{name}.pth', golden['image'])
            if name == XS else write_lively(name, folder / f'{name}.pth',
                                            golden['image'])
            for name in (XS, E, S)}


@pytest.fixture(scope='session')
def deploy_cfg(tmp_path_factory):
    """Write a deploy config with another input size; return its path."""
    folder = tmp_path_factory.mktemp('deploy')

    def make(base: str, size: tuple[int, int]) -> Path:
        path = folder / f'{base}_{size[0]}.py'
        path.write_text(f"_base_ = '{DEPLOY / base}.py'\n"
                        f'onnx_config = dict(input_shape={size})\n')
        return path

    return make


@pytest.fixture(scope='session')
def sasd_export(tmp_path_factory, checkpoints, image_file) -> tuple[Path, str]:
    """XS for ncnn, by the command: its folder, and what the command said."""
    folder = tmp_path_factory.mktemp('sasd_export') / 'net'
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert sasd('export', CONFIGS / f'{XS}.py', checkpoints[XS], '--to',
                    'ncnn_static', '--image', image_file, '--out', folder) == 0
    return folder, said.getvalue()


@pytest.fixture(scope='session')
def folders(tmp_path_factory, checkpoints, deploy_cfg, image_file, sasd_export) -> dict:
    """All three nets: (config, kind) -> folder.

    The whole way for ONNX, and for ncnn with XS; the other ncnn folders are
    converted from the same ONNX, which spares torch's share of the time.
    """
    root = tmp_path_factory.mktemp('exported')
    made = {(name, kind): root / f'{name}_{kind}' for name in (XS, E, S)
            for kind in ('ncnn', 'onnxruntime', 'ncnn_fp16')}
    made[XS, 'ncnn'], _ = sasd_export
    for name, size in ((XS, SIZE), (E, 128), (S, 128)):
        export_model(
            deploy_cfg('pose_onnxruntime_static', (size, size)),
            CONFIGS / f'{name}.py', checkpoints[name], image_file,
            made[name, 'onnxruntime'])
        for kind in ('ncnn', 'ncnn_fp16'):
            if not made[name, kind].exists():
                convert_folder(made[name, 'onnxruntime'], made[name, kind])
    return made


def convert_folder(source: Path, target: Path) -> None:
    """Make an ncnn folder of an ONNX folder."""
    fp16 = target.name.endswith('fp16')
    target.mkdir()
    files = MODEL_FILES['ncnn']
    pnnx.convert(source / 'end2end.onnx', *(target / file for file in files), fp16)
    replace(ModelDescription.read(source), backend='ncnn', files=files,
            precision='fp16' if fp16 else 'fp32').write(target)


def copy_folder(source: Path, target: Path) -> ModelDescription:
    target.mkdir()
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return ModelDescription.read(target)


def torch_maps(name: str, checkpoint: Path, runtime: ExportedRuntime,
               image: np.ndarray) -> list[np.ndarray]:
    """Raw maps of torch's own net, on its own input."""
    net = TorchRuntime(CONFIGS / f'{name}.py', checkpoint, 'cpu', runtime.size[0])
    return net.net(net.preprocess(image)[0])


def torch_persons(name: str, checkpoints: dict, image: np.ndarray,
                  size: int | None) -> list[Person]:
    """Persons that torch finds, through MMPose's own pipeline and head."""
    return find(TorchRuntime(
        CONFIGS / f'{name}.py', checkpoints[name], 'cpu', size), image)


def find(runtime: Runtime, image: np.ndarray) -> list[Person]:
    """Persons of one image."""
    return runtime.find_persons([image])[0]


def assert_same_persons(found, expected, pixels: float, scores: float) -> None:
    """Compare each person with the nearest: rounding swaps near-equal ones."""
    assert len(found) == len(expected) > 0
    boxes, others = (np.stack([p.box for p in people])
                     for people in (found, expected))
    nearest = np.abs(boxes[:, None] - others).max(axis=2).argmin(axis=1)
    assert sorted(nearest) == list(range(len(expected)))
    for ours, theirs in zip(found, (expected[i] for i in nearest)):
        np.testing.assert_allclose(ours.box, theirs.box, atol=pixels)
        np.testing.assert_allclose(ours.keypoints, theirs.keypoints, atol=pixels)
        np.testing.assert_allclose(ours.score, theirs.score, atol=scores)
        np.testing.assert_allclose(
            ours.keypoint_scores, theirs.keypoint_scores, atol=scores)


RUNS = {  # kind of folder, backend, relative error of a map
    'ncnn': ('ncnn', 'ncnn', 1e-4),
    'onnxruntime': ('onnxruntime', 'onnxruntime', 1e-4),
    'openvino': ('onnxruntime', 'openvino', 1e-4),
    'ncnn_fp16': ('ncnn_fp16', 'ncnn', 1e-2),
}
FLOAT = dict(pixels=0.01, scores=1e-4)
HALF = dict(pixels=0.5, scores=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize('name', [XS, E, S])
def test_raw_maps_are_those_of_torch(folders, checkpoints, golden, name):
    image = golden['image']
    expected = None
    for kind, backend, tolerance in RUNS.values():
        runtime = ExportedRuntime.from_dir(folders[name, kind], backend)
        if expected is None:
            expected = torch_maps(name, checkpoints[name], runtime, image)
        found = runtime.net(runtime.preprocess(image)[0])
        assert len(found) == len(expected) == len(
            model_cfg(name).head.strides)
        errors = [relative_error(a, b) for a, b in zip(found, expected)]
        assert max(errors) < tolerance, (backend, errors)


@pytest.mark.slow
@pytest.mark.parametrize('name', [XS, E, S])
@pytest.mark.parametrize('run', RUNS)
def test_same_persons_as_torch(folders, checkpoints, golden, name, run):
    kind, backend, _ = RUNS[run]
    runtime = ExportedRuntime.from_dir(folders[name, kind], backend)
    expected = torch_persons(name, checkpoints, golden['image'], runtime.size[0])
    assert_same_persons(find(runtime, golden['image']), expected,
                        **(HALF if kind == 'ncnn_fp16' else FLOAT))


@pytest.mark.slow
def test_same_persons_as_torch_on_photographs(folders, checkpoints, coco_mini):
    reference = TorchRuntime(CONFIGS / f'{XS}.py', checkpoints[XS], 'cpu', SIZE)
    runtime = ExportedRuntime.from_dir(folders[XS, 'ncnn'])
    annotations = json.loads(
        (coco_mini / 'annotations' / 'person_keypoints_val.json').read_text())
    for entry in annotations['images'][:4]:
        image = read_image(coco_mini / 'images' / entry['file_name'])
        assert_same_persons(
            find(runtime, image), find(reference, image), pixels=0.05, scores=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize('backend', [None, 'ncnn', 'onnxruntime', 'openvino'])
def test_golden_outputs(folders, checkpoints, golden, backend):
    """None is torch itself."""
    if backend is None:
        persons = torch_persons(XS, checkpoints, golden['image'], SIZE)
    else:
        runtime = ExportedRuntime.from_dir(
            folders[XS, RUNS[backend][0]], backend)
        blob, place = runtime.preprocess(golden['image'])
        maps = runtime.net(blob)
        for index, level in enumerate(maps):
            np.testing.assert_allclose(
                level.ravel()[::STEP], golden[f'out{index}'], atol=1e-3)
        persons = runtime.decode(maps, place)
    for name, values in (
            ('boxes', [p.box for p in persons]),
            ('scores', [p.score for p in persons]),
            ('keypoints', [p.keypoints for p in persons]),
            ('keypoint_scores', [p.keypoint_scores for p in persons])):
        np.testing.assert_allclose(values, golden[name], atol=0.02)


@pytest.mark.slow
@pytest.mark.parametrize('name', [XS, E, S])
def test_ncnn_has_core_layers_and_pruned_weights_only(folders, name):
    lines = (folders[name, 'ncnn'] / 'end2end.param').read_text().splitlines()[2:]
    layers = [line.split() for line in lines]
    assert {layer[0] for layer in layers} <= NCNN_LAYERS
    # One map for each level of the deployed net: no P6 of XS, no P7 of E.
    outputs = {blob for layer in layers for blob in layer if blob.startswith('out')}
    assert outputs == {f'out{i}' for i in range(len(model_cfg(name).head.strides))}
    size = (folders[name, 'ncnn'] / 'end2end.bin').stat().st_size
    # Batch norms are folded: a little less than the net's parameters, but for
    # the zeros that fill up the groups of a folded shuffle.
    assert 0.98 * PARAMS[name] < size / 4 <= (1 if name == S else 1.2) * PARAMS[name]
    half = (folders[name, 'ncnn_fp16'] / 'end2end.bin').stat().st_size
    assert half < 0.55 * size


@pytest.mark.slow
def test_dynamic_nets_take_other_sizes(tmp_path, folders, checkpoints, image_file,
                                       golden):
    export_model(DEPLOY / 'pose_onnxruntime_dynamic.py', CONFIGS / f'{XS}.py',
                 checkpoints[XS], image_file, tmp_path / 'onnxruntime')
    # The files of a dynamic ncnn net are those of the static one.
    description = copy_folder(folders[XS, 'ncnn'], tmp_path / 'ncnn')
    replace(description, input=replace(description.input, dynamic=True)).write(
        tmp_path / 'ncnn')
    for size in (None, 256):
        expected = torch_persons(XS, checkpoints, golden['image'], size)
        for backend in ('ncnn', 'onnxruntime', 'openvino'):
            folder = tmp_path / RUNS[backend][0]
            runtime = ExportedRuntime.from_dir(folder, backend, size=size)
            assert_same_persons(
                find(runtime, golden['image']), expected, 0.01, 1e-4)
            assert_same_persons(find(ExportedRuntime.from_dir(
                folder, backend).at_size(runtime.size), golden['image']),
                expected, 0.01, 1e-4)
            with pytest.raises(InputError, match='multiples of 32'):
                runtime.at_size(100)


# ---------------------------------------------------------------- the command


@pytest.fixture
def deploy(monkeypatch, checkpoints, image_file, tmp_path):
    """Run the command on XS; any argument can be another one."""
    run = command('deploy', monkeypatch)

    def call(deploy_cfg=DEPLOY / 'pose_ncnn_static.py',
             model=CONFIGS / f'{XS}.py', checkpoint=checkpoints[XS],
             image_file=image_file, work_dir=tmp_path / 'net', more=()):
        run(deploy_cfg, model, checkpoint, image_file, '--work-dir', work_dir, *more)
        return Path(work_dir)

    return call


@pytest.mark.slow
def test_command_prunes_and_reports(deploy, folders, tmp_path, capsys):
    """A checkpoint of a training, with its auxiliary level and a twin."""
    model = build(model_cfg(XS, weight_sharing=False))
    torch.save(dict(state_dict=model.state_dict(), meta={}),
               tmp_path / 'epoch_1.pth')
    copy_folder(folders[XS, 'ncnn'], tmp_path / 'net')
    folder = deploy(DEPLOY / 'pose_ncnn_dynamic.py',
                    checkpoint=tmp_path / 'epoch_1.pth')
    said = capsys.readouterr().out
    assert 'pruned    aux_level: 0.78 M numbers' in said
    assert 'pruned    twin: 1.' in said
    assert 'or any other multiples of 32' in said
    assert str(folder) in said and 'people' in said
    assert {path.name for path in folder.iterdir()} == {
        'deploy.json', 'end2end.param', 'end2end.bin', 'preview.jpg'}
    preview = cv2.imread(str(folder / 'preview.jpg'))
    assert preview.shape[1] > 2 * 480
    description = ModelDescription.read(folder)
    assert description.source['config'] == f'{XS}.py'
    assert len(description.source['checkpoint_sha256']) == 64
    assert description.keypoints[0].name == 'nose'
    assert description.thresholds.max_people == 100
    # Nothing else is left beside it.
    assert {path.name for path in tmp_path.iterdir()} == {'net', 'epoch_1.pth'}


@pytest.mark.slow
def test_sasd_export_names_a_deploy_config(
        sasd_export, checkpoints, image_file, tmp_path):
    folder, said = sasd_export
    assert f'wrote     {folder}' in said
    runtime = ExportedRuntime.from_dir(folder)
    assert runtime.name == 'ncnn' and runtime.size == (SIZE, SIZE)
    with pytest.raises(InputError, match='those of the project are ncnn_dynamic'):
        sasd('export', CONFIGS / f'{XS}.py', checkpoints[XS], '--image', image_file,
             '--out', tmp_path / 'net', '--to', 'tensorrt')


BAD_INPUT = {
    'no image': (dict(image_file='none.jpg'), 'none.jpg: no such image'),
    'broken image': (dict(image_file='broken.png'), 'broken.png: not a whole'),
    'no deploy config': (dict(deploy_cfg='none.py'), 'none.py: no such deploy'),
    'wrong deploy config': (
        dict(deploy_cfg=CONFIGS / f'{XS}.py'), 'no key "codebase_config"'),
    'no config': (dict(model='none.py'), 'none.py: no such config file'),
    'no checkpoint': (dict(checkpoint='none.pth'), 'none.pth: no such'),
    'wrong checkpoint': (dict(model=CONFIGS / f'{S}.py'), 'not a checkpoint of'),
    'wrong size': (dict(deploy_cfg='odd'), r'input_size=\(100, 100\)'),
    'no folder': (dict(work_dir='file'), 'exists and is no model folder'),
    'no device': (dict(more=['--device', 'abacus:1']), "'abacus:1' cannot"),
    'no calibration': (
        dict(deploy_cfg=DEPLOY / 'pose_onnxruntime_int8_static.py',
             more=['--calib-dataset-cfg', 'none.py']), 'none.py: no such config'),
    'nothing to calibrate on': (
        dict(deploy_cfg=DEPLOY / 'pose_onnxruntime_int8_static.py',
             more=['--calib-dataset-cfg', CONFIGS / '_base_/models/sasd_xs.py']),
        'lacks the key "train_dataloader".*--calibration'),
    'empty calibration folder': (
        dict(deploy_cfg=DEPLOY / 'pose_onnxruntime_int8_static.py',
             more=['--calibration', 'empty']), 'empty: no images in this folder'),
}


@pytest.mark.slow
@pytest.mark.parametrize('case', BAD_INPUT)
def test_bad_input_leaves_one_line_and_nothing_else(
        deploy, deploy_cfg, tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    Path('broken.png').write_bytes(b'broken')
    Path('file').touch()
    Path('empty').mkdir()
    before = set(tmp_path.iterdir())
    changes, message = BAD_INPUT[case]
    if changes.get('deploy_cfg') == 'odd':
        changes = dict(deploy_cfg=deploy_cfg('pose_ncnn_static', (100, 100)))
    with pytest.raises(InputError, match=message) as error:
        deploy(**changes)
    assert '\n' not in str(error.value)
    assert set(tmp_path.iterdir()) == before


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Put a program of a given name and text before all others."""
    folder = tmp_path / 'bin'
    folder.mkdir()
    monkeypatch.setenv('PATH', f'{folder}{os.pathsep}/usr/bin{os.pathsep}/bin')

    def write(name: str, script: str) -> None:
        (folder / name).write_text(f'#!/bin/sh\n{script}\n')
        (folder / name).chmod(0o755)

    return write


@pytest.mark.slow
def test_pnnx_failing(deploy, tool, tmp_path, folders, monkeypatch):
    """After torch's share of the work, which a copy stands for."""
    exported = (folders[XS, 'onnxruntime'] / 'end2end.onnx').read_bytes()
    monkeypatch.setattr(
        'mmdeploy.apis.torch2onnx', lambda image, folder, name, *args: Path(
            folder, name).write_bytes(exported))
    tool('pnnx', 'echo one; echo "cannot do that" >&2; exit 3')
    with pytest.raises(InputError, match=r'status 3: one \| cannot do') as error:
        deploy()
    assert '\n' not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ['bin']


def test_pnnx_missing_or_silent(tool, tmp_path, monkeypatch):
    files = [tmp_path / name for name in ('a.onnx', 'a.param', 'a.bin')]
    files[0].touch()
    tool('pnnx', 'exit 0')
    with pytest.raises(InputError, match='a.onnx: pnnx failed with status 0'):
        pnnx.convert(*files)
    monkeypatch.setattr(pnnx, 'find_pnnx', lambda: None)
    with pytest.raises(InputError, match='pip install pnnx'):
        pnnx.convert(*files)
    assert not files[1].exists()


@pytest.mark.slow
def test_mmdeploys_own_converter_is_used_where_there_is_one(
        tmp_path, tool, folders):
    """A stand-in for it copies what it was called with."""
    from mmdeploy.backend.base import get_backend_manager

    from sasd_mmpose.deploy import mmdeploy_task
    tool('mmdeploy_onnx2ncnn', 'cp "$1" "$2"; echo weights > "$3"')
    manager = get_backend_manager('ncnn')
    assert manager is mmdeploy_task.PnnxManager and manager.is_available()
    source = folders[XS, 'onnxruntime'] / 'end2end.onnx'
    files = manager.to_backend([str(source)], str(tmp_path))
    assert [Path(file).name for file in files] == ['end2end.param', 'end2end.bin']
    assert Path(files[0]).read_bytes() == source.read_bytes()


@pytest.mark.slow
def test_mmdeploys_backend_model(folders, checkpoints, deploy_cfg, image_file):
    """The task's model for a folder predicts what torch predicts."""
    from mmdeploy.apis import build_task_processor

    from sasd_mmpose.deploy.export import load_deploy_config
    from sasd_mmpose.engine.config import load_config
    task = build_task_processor(
        load_config(CONFIGS / f'{XS}.py'),
        load_deploy_config(deploy_cfg('pose_ncnn_static', (SIZE, SIZE))), 'cpu')
    model = task.build_backend_model([str(folders[XS, 'ncnn'] / 'end2end.param')])
    model.test_cfg = dict(model.test_cfg, score_thr=0.3)
    batch, _ = task.create_input(str(image_file))
    found = persons_of(model.test_step(batch)[0])
    expected = torch_persons(XS, checkpoints, read_image(image_file), SIZE)
    assert_same_persons(found, expected, 0.01, 1e-4)


@pytest.mark.slow
def test_int8_keeps_only_the_heads_in_float(deploy, folders, tmp_path, golden):
    import onnx
    few = tmp_path / 'few.py'
    few.write_text(f"_base_ = '{DEPLOY / 'pose_onnxruntime_int8_static.py'}'\n"
                   'backend_config = dict(calibration_images=4)\n')
    folder = deploy(few, more=[
        '--calib-dataset-cfg', CONFIGS / 'sasd_xs_synthetic.py'])
    graph = onnx.load(folder / 'end2end.onnx').graph
    producers = {out: node for node in graph.node for out in node.output}
    convs = [node for node in graph.node if node.op_type == 'Conv']
    # Their weights; the maps that they read have int8 readers beside them.
    in_float = [node for node in convs if producers.get(node.input[1]) is None
                or producers[node.input[1]].op_type != 'DequantizeLinear']
    assert len(convs) == 87 and len(in_float) == 6
    others = [
        node for node in graph.node if node.op_type not in {
            'Conv', 'Constant', 'QuantizeLinear', 'DequantizeLinear'}]
    others_in_float = Counter(
        node.op_type for node in others if 'DequantizeLinear' not in {
            producers[name].op_type for name in node.input if name in producers})
    assert others_in_float == {'Sigmoid': 3, 'Mul': 3}  # their SiLU
    runtime = ExportedRuntime.from_dir(folder)
    assert runtime.description.precision == 'int8'
    maps = runtime.net(runtime.preprocess(golden['image'])[0])
    for index, level in enumerate(maps):
        error = relative_error(level.ravel()[::STEP], golden[f'out{index}'])
        assert 1e-3 < error < 0.5
    sizes = [(path / 'end2end.onnx').stat().st_size
             for path in (folder, folders[XS, 'onnxruntime'])]
    assert sizes[0] < 0.5 * sizes[1]


# --------------------------------------------------------- running the folders


@pytest.mark.slow
@pytest.mark.parametrize('kind, backend', [
    ('ncnn', 'ncnn'), ('onnxruntime', 'onnxruntime'), ('onnxruntime', 'openvino')])
def test_folders_that_do_not_fit_together(folders, tmp_path, kind, backend):
    description = copy_folder(folders[XS, kind], tmp_path / 'net')

    def refused(changed: ModelDescription | None, message: str) -> None:
        if changed is not None:
            changed.write(tmp_path / 'net')
        with pytest.raises(InputError, match=message) as error:
            ExportedRuntime.from_dir(tmp_path / 'net', backend)
        assert '\n' not in str(error.value)

    first, *others = description.outputs
    refused(replace(description, outputs=[
        replace(first, name='out7'), *others]), 'do not belong together')
    refused(replace(description, keypoints=description.keypoints[:14], skeleton=[]),
            r'out0 has the shape \(168, 24, 24\) and by deploy.json \(141,')
    description.write(tmp_path / 'net')
    for name in description.files:
        whole = (tmp_path / 'net' / name).read_bytes()
        (tmp_path / 'net' / name).write_bytes(whole[:len(whole) // 2])
        refused(None, f'{name}: .*export it again')
        (tmp_path / 'net' / name).write_bytes(whole)
    assert ExportedRuntime.from_dir(tmp_path / 'net', backend).size == (SIZE, SIZE)


@pytest.mark.slow
def test_backends_that_cannot_run_a_folder(folders, monkeypatch):
    with pytest.raises(InputError, match="runtime 'abacus': not known"):
        ExportedRuntime.from_dir(folders[XS, 'ncnn'], 'abacus')
    with pytest.raises(InputError, match='made for ncnn, which openvino cannot'):
        ExportedRuntime.from_dir(folders[XS, 'ncnn'], 'openvino')
    monkeypatch.setitem(sys.modules, 'ncnn', None)
    with pytest.raises(InputError, match='pip install ncnn'):
        ExportedRuntime.from_dir(folders[XS, 'ncnn'])


@pytest.mark.slow
def test_images_of_other_kinds(folders):
    runtime = ExportedRuntime.from_dir(folders[XS, 'ncnn'], score_thr=0.9)
    for shape in ((9, 200), (30, 30, 1), (5, 4, 4)):
        find(runtime, np.zeros(shape, np.uint8))
    with pytest.raises(InputError, match='is no '):
        find(runtime, np.zeros((3, 3), np.int64))


@pytest.mark.slow
@pytest.mark.parametrize('backend', ['ncnn', 'onnxruntime', 'openvino'])
def test_predict_without_torch(folders, golden, image_file, tmp_path, backend):
    """In a process that cannot import torch or any OpenMMLab package."""
    blocked = ('torch', 'mmengine', 'mmcv', 'mmdet', 'mmpose', 'mmdeploy',
               'matplotlib', 'scipy', 'pycocotools', 'onnx')
    arguments = ['predict', image_file, '--model', folders[XS, RUNS[backend][0]],
                 '--runtime', backend, '--out', tmp_path / 'out']
    code = ('import sys\n'
            f'sys.modules.update(dict.fromkeys({blocked}))\n'
            'from sasd_mmpose.cli.main import main\n'
            f'sys.exit(main({list(map(str, arguments))}))\n')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    persons = json.loads((tmp_path / 'out' / 'predictions.json').read_text())
    assert len(persons) == len(golden['scores'])
    assert (tmp_path / 'out' / 'drawn' / 'people.png').is_file()


@pytest.mark.slow
def test_signals_after_a_net_was_dropped_in_another_thread(folders):
    """The stack for signals that OpenVINO sets must not go with a net."""
    code = (
        'import faulthandler, signal, subprocess, sys, threading\n'
        'from sasd_mmpose import PoseEstimator\n'
        'faulthandler.enable()\n'
        f'nets = [PoseEstimator({str(folders[XS, "onnxruntime"])!r},'
        ' runtime="openvino")]\n'
        'thread = threading.Thread(target=nets.clear)\n'
        'thread.start()\n'
        'thread.join()\n'
        '# As the DataLoader of torch does.\n'
        'signal.signal(signal.SIGCHLD, lambda *_: None)\n'
        'subprocess.run([sys.executable, "-c", ""], check=True)\n')
    done = subprocess.run([sys.executable, '-c', code], check=False)
    assert done.returncode == 0


@pytest.mark.slow
def test_command_compares_ap(folders, checkpoints, tmp_path, monkeypatch):
    """On drawn people, with this net's anchors."""
    config = tmp_path / 'few.py'
    config.write_text(
        f"_base_ = '{CONFIGS / 'sasd_xs_synthetic.py'}'\n"
        f'model = dict(head=dict(anchors={model_cfg(XS).head.anchors}))\n'
        'test_dataloader = dict(dataset=dict(num_images=3))\n')
    out = tmp_path / 'results' / 'ap.json'
    command('projects.benchmark.tools.test_deployed', monkeypatch)(
        config, checkpoints[XS], folders[XS, 'ncnn'], folders[XS, 'onnxruntime'],
        '--out', out)
    report = json.loads(out.read_text())
    assert report['images'] == 3 and report['input'] == [SIZE, SIZE]
    assert set(report['runs']) == {
        'torch fp32', 'ncnn fp32', 'onnxruntime fp32', 'openvino fp32'}
    for name in set(report['runs']) - {'torch fp32'}:
        assert abs(report['runs'][name]['difference']) < 1e-3


def test_weights_keep_every_layer_busy(golden):
    """Else equal maps would say little."""
    model = MODELS.build(model_cfg(XS, type='SASDDistiller'))
    model.aux_level = None
    set_lively(model, golden['image'])
    seen = []
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.register_forward_hook(
                lambda m, i, out: seen.append(float(out.std())))
    image = torch.from_numpy(
        cv2.resize(golden['image'], (SIZE, SIZE)).transpose(2, 0, 1).copy())
    with torch.no_grad():
        model(image[None].float() / 255, None, mode='tensor')
    assert min(seen) > 0.1 and max(seen) < 10
