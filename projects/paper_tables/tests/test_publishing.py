"""Published models: their files, cards and index, and MMPose's inferencer."""
from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import pytest
import torch
import yaml
from mmengine.config import Config
from small_nets import CONFIGS, build
from tool_loader import command

from projects.paper_tables.publishing import (
    measured_forms,
    metafile,
    model_card,
    publish,
    write_index,
)
from projects.synthetic_people import SyntheticPeople
from sasd_mmpose import InputError
from sasd_mmpose.inference import model_zoo
from sasd_mmpose.models import deployed_cfg

ROOT = CONFIGS.parent
RECORD = dict(epochs=7, seed=3, training_hours=1.5, machine='a machine',
              trained_on='drawn people, 9 images',
              evaluated_on='drawn people, 2 images, 64 px')
ABOUT = dict(summary='A net for tests.', started_from='random weights',
             licence='Nothing else.', limits='Anything at all.')
CONFIG = f"""
_base_ = '{CONFIGS.as_posix()}/sasd_xs_synthetic.py'
input_size = (64, 64)
model = dict(backbone=dict(init_cfg=dict(
    type='Pretrained', checkpoint='nowhere.pth', prefix='backbone.')))
val_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False,
    dataset=dict(num_images=2, cache=2, pipeline=[
        _base_.load, dict(type='PoseResize', input_size=input_size),
        _base_.pack_test]))
test_dataloader = val_dataloader
"""


@pytest.fixture(scope='module')
def root(tmp_path_factory) -> Path:
    """A project with the checkpoint of a training."""
    root = tmp_path_factory.mktemp('project')
    (root / 'configs').mkdir()
    (root / 'configs' / 'net.py').write_text(CONFIG)
    (root / 'result.json').write_text(json.dumps(RECORD))
    cfg = Config.fromfile(root / 'configs' / 'net.py').model
    cfg.backbone.pop('init_cfg')
    meta = dict(epoch=7, cfg='work_dir = "/home/somebody"',
                dataset_meta=dict(SyntheticPeople(num_images=1).metainfo))
    torch.save(dict(state_dict=build(cfg).state_dict(), meta=meta),
               root / 'epoch_7.pth')
    return root


def publish_it(root: Path, name: str = 'small_net') -> dict:
    return publish(name, root / 'epoch_7.pth', root / 'configs' / 'net.py',
                   root / 'result.json', ABOUT, root)


@pytest.fixture(scope='module')
def published(root) -> Path:
    """The folder of a published model."""
    publish_it(root)
    publish_it(root)  # again: nothing of the first time is left
    return root / 'weights' / 'small_net'


@pytest.mark.slow
def test_the_checkpoint(published):
    path, = published.glob('*.pth')
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.name == f'small_net_fp16-{digest[:8]}.pth'
    assert json.loads((published / 'model.json').read_text())['sha256'] == digest
    content = torch.load(path, weights_only=False)
    assert set(content['meta']) == {'epoch', 'dataset_meta', 'cfg'}
    assert '/home' not in content['meta']['cfg']
    cfg = Config.fromfile(published / 'config.py')
    net = build(cfg.model)
    assert content['state_dict'].keys() == net.state_dict().keys()
    assert {w.dtype for w in content['state_dict'].values() if w.ndim == 4} == {
        torch.float16}


@pytest.mark.slow
def test_the_config_is_of_the_deployed_net(root, published):
    cfg = Config.fromfile(published / 'config.py')
    trained = Config.fromfile(root / 'configs' / 'net.py')
    wanted = deployed_cfg(trained.model)
    wanted.backbone.pop('init_cfg')
    assert cfg.model == wanted
    assert cfg.data_mode == 'bottomup'
    assert not {'train_dataloader', 'optim_wrapper'} & set(cfg)


@pytest.mark.slow
def test_the_card_of_an_average_names_all_seeds(published):
    model = json.loads((published / 'model.json').read_text())
    card = model_card(dict(model, seed=[0, 4]), 2**20)
    assert '7 epochs, mean of the weights of seeds 0, 4, 1.5 h' in card


@pytest.mark.slow
def test_the_card_and_the_metafile_tell_the_same(root, published):
    card = (published / 'README.md').read_text()
    model = json.loads((published / 'model.json').read_text())
    for said in (*ABOUT.values(), RECORD['trained_on'], RECORD['machine'],
                 model['sha256'], '7 epochs, seed 3'):
        assert said in card
    for value in model['metrics'].values():
        assert f'{value:.3f}' in card
    entry, = yaml.safe_load(
        (root / 'weights' / 'metafile.yml').read_text())['Models']
    assert entry['Results'][0]['Metrics'] == model['metrics']
    assert (root / entry['Weights']).is_file()
    assert (root / entry['Config']).is_file()
    listed, = model_zoo.published_models(root)
    assert listed.name == 'small_net'
    assert listed.checkpoint == root / entry['Weights']
    assert listed.config == root / entry['Config']
    with pytest.raises(InputError, match='no exported files in it'):
        listed.runtime_folders()
    (published / 'ncnn').mkdir()
    (published / 'ncnn' / 'deploy.json').touch()
    assert listed.runtime_folders() == [published / 'ncnn']


@pytest.mark.slow
def test_mmpose_inferencer_takes_it_by_paths(root, published):
    from mmpose.apis import MMPoseInferencer
    path, = published.glob('*.pth')
    inferencer = MMPoseInferencer(
        pose2d=str(published / 'config.py'), pose2d_weights=str(path),
        device='cpu')
    weights = torch.load(path, weights_only=False)['state_dict']
    found = inferencer.inferencer.model.state_dict()
    for name, value in weights.items():
        torch.testing.assert_close(found[name], value.to(found[name].dtype))
    image = root / 'image.png'
    cv2.imwrite(str(image), SyntheticPeople(num_images=1)[0]['img'])
    people = next(inferencer(str(image)))['predictions'][0]
    assert all(len(person['keypoints']) == 17 for person in people)


def test_bad_input(root, tmp_path):
    with pytest.raises(InputError, match='Small-Net: a model is named'):
        publish_it(root, 'Small-Net')
    with pytest.raises(InputError, match='not the record of a run'):
        publish('a', root / 'epoch_7.pth', root / 'configs' / 'net.py',
                root / 'configs' / 'net.py', ABOUT, root)
    path = tmp_path / 'weights' / 'broken' / 'model.json'
    path.parent.mkdir(parents=True)
    path.write_text('{}')
    with pytest.raises(InputError, match='broken/model.json: not the descr'):
        write_index(tmp_path)
    path.write_text('{"name": "broken", "checkpoint": "a.pth"}')
    with pytest.raises(InputError, match='a.pth: model.json names it'):
        write_index(tmp_path)
    (path.parent / 'a.pth').touch()
    with pytest.raises(InputError, match='broken/model.json: not all of'):
        write_index(tmp_path)


def test_the_card_shows_what_was_measured_of_the_deployed_forms(tmp_path):
    model = dict(
        RECORD, **ABOUT, name='net', sha256='0123456789', checkpoint='a.pth',
        training_config='configs/net.py', flip_test=True, metrics=dict(AP=0.5))
    record = dict(net='sasd_xs', runtime='onnxruntime', precision='fp32',
                  flip=False, weights='net (01234567)')
    (tmp_path / 'results').mkdir()
    (tmp_path / 'results' / 'frontier.json').write_text(json.dumps(dict(entrants=[
        dict(record, size=384, measured_ap=dict(AP=0.4126)),
        dict(record, size=512, measured_ap=dict(AP=0.4567)),
        dict(record, size=512, flip=True, measured_ap=dict(AP=0.4789)),
        dict(record, size=640, failed='no memory'),
        dict(record, size=448, weights='net (89abcdef)',
             measured_ap=dict(AP=0.9)),
    ])))
    card = model_card(model, 2**20, measured_forms(model, tmp_path))
    assert '| AP of | 384 px | 512 px |' in card
    assert '| ONNX Runtime, fp32 | 0.413 | 0.457 |' in card
    assert '| ONNX Runtime, fp32, flip test | – | 0.479 |' in card
    assert '0.900' not in card
    (tmp_path / 'results' / 'frontier.json').unlink()
    assert 'AP of' not in model_card(model, 2**20, measured_forms(model, tmp_path))


def test_a_project_without_models(tmp_path):
    assert model_zoo.published_models(tmp_path) == []


# ------------------------------------------------------ the project's own


def test_metafile_and_index_are_up_to_date():
    models = [json.loads(path.read_text()) for path in
              sorted((ROOT / 'weights').glob('*/model.json'))]
    written = (ROOT / 'weights' / 'metafile.yml').read_text()
    assert written == metafile(models), 'run publish_model --index'
    assert model_zoo.project_root() == ROOT
    for model in model_zoo.published_models():
        digest = hashlib.sha256(model.checkpoint.read_bytes()).hexdigest()
        assert digest[:8] in model.checkpoint.name
        assert Config.fromfile(model.config).model.type == (
            'BottomupPoseEstimator')


def test_the_command(monkeypatch, capsys):
    run = command('projects.paper_tables.tools.publish_model', monkeypatch)
    with pytest.raises(SystemExit):
        run('--name', 'a')
    assert '--checkpoint, --config, --record, --summary missing' in (
        capsys.readouterr().err)
