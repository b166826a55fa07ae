"""What is wrong with a config is said in one line."""
from __future__ import annotations

import pytest
from small_nets import CONFIGS, model_cfg

from sasd_mmpose import InputError
from sasd_mmpose.engine.config import check_input_multiple, load_config


def test_load_config():
    path = CONFIGS / 'sasd_xs_coco.py'
    assert load_config(path).model.type == 'SASDDistiller'
    assert load_config(str(path)).filename == str(path)


def test_a_missing_config_is_named(tmp_path):
    with pytest.raises(InputError, match='nothing.py: no such config file'):
        load_config(tmp_path / 'nothing.py')


@pytest.mark.parametrize('name, content', [
    ('a.py', 'model = dict('), ('a.py', 'model = nowhere'),
    ('a.py', "_base_ = 'nowhere.py'"), ('a.json', '{'), ('a.jpg', '')])
def test_what_is_no_config_is_named(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=f'{name}: cannot be read as a config') as info:
        load_config(tmp_path / name)
    assert '\n' not in str(info.value)


def test_a_config_without_model_is_named():
    path = CONFIGS / '_base_' / 'default_runtime.py'
    with pytest.raises(InputError, match='default_runtime.py.*key "model"'):
        load_config(path)


def test_a_missing_key_is_named(tmp_path):
    path = tmp_path / 'no_test.py'
    path.write_text(f"_base_ = '{CONFIGS}/_base_/models/sasd_xs.py'\n")
    assert load_config(path).model.type == 'SASDDistiller'
    with pytest.raises(InputError, match='no_test.py: .*"test_dataloader"'):
        load_config(path, 'model', 'test_dataloader')


def test_input_multiple():
    cfg = model_cfg('sasd_e_coco')
    check_input_multiple(64, cfg)
    check_input_multiple(1024, cfg)
    for size, nearest in ((1000, 1024), (96, 128), (10, 64), (0, 64), (-64, 64)):
        with pytest.raises(InputError, match=f'{size}: .* 64; .* {nearest}$'):
            check_input_multiple(size, cfg)
